/** Set in the image alone (docker/Dockerfile), which has the program `chataway` and no npm. It is no setting. */
const inImage = process.env['CHATAWAY_IN_IMAGE'] !== undefined;

/** One of the operator's commands, as it is typed where this runs: `commandLine('restore', 'NAME')`. */
export function commandLine(command: 'admin' | 'backup' | 'restore' | 'doctor', words = ''): string {
  if (inImage) return `chataway ${command} ${words}`.trimEnd();
  return words === '' ? `npm run ${command}` : `npm run ${command} -- ${words}`;
}

/** How the media worker, which is part of every set-up, comes to be there, as the middle of a sentence. */
export const setUpWorker = inImage ? 'build the image anew' : 'run "npm start", which makes one';

/** How the relay's programs come to be there, as the middle of a sentence. */
export const setUpRelay = inImage
  ? 'run it in a container beside this one, as compose.yaml does, and set TURN_HOST and TURN_DIR'
  : 'run "npm start" as root, or "sudo apt-get install coturn util-linux"';
