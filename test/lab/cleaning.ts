import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNow } from './command.ts';
import { isLeftover } from './lab-name.ts';

/** Where `ip netns` keeps the names of namespaces. */
const NAMES = '/run/netns';

/** What stands outside of this process and has to go with it. */
const namespaces = new Set<string>();
const folders = new Set<string>();
let watching = false;

/** Has the namespace removed when this process ends, however that comes. */
export function cleanNamespaceAtEnd(name: string): void {
  namespaces.add(name);
  watchForTheEnd();
}

/** The same for a folder. */
export function cleanFolderAtEnd(path: string): void {
  folders.add(path);
  watchForTheEnd();
}

/**
 * Removes a namespace. Whatever still runs in it is ended by id first: it was started by a lab, or by what a lab
 * started, since nobody else knows of the namespace.
 */
export function removeNamespace(name: string): void {
  namespaces.delete(name);
  if (!existsSync(join(NAMES, name))) return;
  for (const id of runNow('ip', 'netns', 'pids', name).split('\n').filter(Boolean)) kill(Number(id));
  runNow('ip', 'netns', 'delete', name);
}

export function removeFolder(path: string): void {
  folders.delete(path);
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes what labs have left behind whose process died before it could. */
export function removeLeftovers(): void {
  const names = existsSync(NAMES) ? readdirSync(NAMES) : [];
  for (const name of names.filter(isLeftover)) removeNamespace(name);
  for (const name of readdirSync(tmpdir()).filter(isLeftover)) removeFolder(join(tmpdir(), name));
}

function watchForTheEnd(): void {
  if (watching) return;
  watching = true;
  process.on('exit', cleanAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      cleanAll();
      // Now that nobody listens, it does what it would have done.
      process.kill(process.pid, signal);
    });
  }
}

function cleanAll(): void {
  for (const name of namespaces) attempt(() => removeNamespace(name));
  for (const path of folders) attempt(() => removeFolder(path));
}

/** What cannot be removed now must not keep the rest; the next run tries again. */
function attempt(removal: () => void): void {
  try {
    removal();
  } catch (error) {
    console.error(error);
  }
}

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
