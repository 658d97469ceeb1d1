import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { packageFile } from '../support/paths.ts';
import { type Outcome, run } from '../support/run.ts';
import { type Say, SetupError } from '../support/setup-error.ts';

/** What the build needs of Debian 12; ninja comes with meson. The libraries that the worker runs with come with theirs. */
export const BUILD_PACKAGES = [
  'meson',
  'g++',
  'patch',
  'pkg-config',
  'libssl-dev',
  'libuv1-dev',
  'libsrtp2-dev',
  'libabsl-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
];

const DEBIAN = join(import.meta.dirname, 'debian');

/** What a failed install script of mediasoup leaves in its folder, and its bundled libraries. */
const LEFT_OUT = new Set(['out', 'prebuild', 'pip_invoke', 'subprojects']);

/**
 * Builds mediasoup's worker in `scratch` against the system's libraries and
 * returns the path of the binary. What the compiler prints goes to `log` where
 * it fails, and a SetupError is thrown that names the file.
 */
export async function buildWorker(scratch: string, log: string, say: Say): Promise<string> {
  const source = join(scratch, 'source');
  const original = packageFile('mediasoup', 'worker');
  await cp(original, source, {
    recursive: true,
    filter: (path) => !LEFT_OUT.has(path.slice(original.length + 1)),
  });
  await cp(join(DEBIAN, 'subprojects'), join(source, 'subprojects'), { recursive: true });

  for (const name of (await readdir(join(DEBIAN, 'patches'))).sort()) {
    const file = join(DEBIAN, 'patches', name);
    await step(`patch ${basename(name, '.patch')}`, 'patch', ['--strip=1', '--fuzz=0', `--input=${file}`]);
  }
  await step('configure', 'meson', ['setup', 'out', '--buildtype', 'release', '-Db_ndebug=true']);
  // One stands for all: they are made together. mediasoup's libwebrtc includes them without waiting for them.
  await step('generate headers', 'ninja', ['-C', 'out', 'fbs/FBS/transport.h']);
  await step('compile', 'ninja', ['-C', 'out', 'mediasoup-worker'], tellQuarters(say));
  await rm(log, { force: true });
  return join(source, 'out', 'mediasoup-worker');

  async function step(
    name: string,
    program: string,
    args: readonly string[],
    onLine: (line: string) => void = () => undefined,
  ): Promise<void> {
    const outcome: Outcome = await run(program, args, { cwd: source, onLine });
    if (outcome.code === 0) return;
    await writeFile(log, `${outcome.output}\n`);
    throw new SetupError(
      `The media worker could not be built (step "${name}", see ${log}): mend what it says there, or set MEDIASOUP_WORKER_BIN to a worker of your own.`,
    );
  }
}

/** Reads ninja's "[137/261]" and tells when another quarter is done. */
function tellQuarters(say: Say): (line: string) => void {
  let told = 0;
  return (line) => {
    const progress = /^\[(\d+)\/(\d+)\]/.exec(line);
    if (!progress) return;
    const quarter = Math.floor((Number(progress[1]) * 4) / Number(progress[2]));
    if (quarter <= told || quarter >= 4) return;
    told = quarter;
    say(`  ${quarter * 25} % of the media worker`);
  };
}
