import { chmodSync, lstatSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

/** Permissions of the group and of all other users. */
const OTHERS = 0o077;

/**
 * Takes away all other users' permissions on a folder, on the files in it, and on all that is in those of its folders
 * that are named in `inner`. Links are not followed, and what belongs to another user stays as it is.
 *
 * @returns whether other users could enter the folder until now
 * @throws {StartError} where others may enter the folder, and it belongs to another user
 */
export function makePrivate(folder: string, inner: readonly string[]): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The folder itself may be a link: to where the operator wants the data.
  const real = realpathSync(folder);
  const wasOpen = isOpen(real);
  close(real);
  if (isOpen(real)) {
    throw new StartError(
      `Other users of this machine can enter the data folder ${folder}, and it belongs to another user: have its owner run "chmod 700 ${folder}", or set DATA_DIR to a folder of this user.`,
    );
  }
  for (const { name } of readdirSync(real, { withFileTypes: true }).filter((entry) => !entry.isDirectory())) {
    close(join(real, name));
  }
  for (const name of inner) closeAll(join(real, name));
  return wasOpen;
}

const isOpen = (path: string): boolean => (lstatSync(path).mode & OTHERS) !== 0;

/** Closes a folder and all that is in it, where it is there. */
function closeAll(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  close(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) closeAll(path);
    else close(path);
  }
}

function close(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink() || found.uid !== process.getuid?.()) return;
  if ((found.mode & OTHERS) !== 0) chmodSync(path, found.mode & 0o7777 & ~OTHERS);
}
