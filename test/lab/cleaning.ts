import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from './command.ts';
import { isLeftover } from './lab-name.ts';

/** Where `ip netns` keeps the names of namespaces. */
const NAMES = '/run/netns';
/** Where it looks for files that programs in a namespace find in /etc. */
const FILES = '/etc/netns';

const KILL_EVERY_MS = 10;
const KILL_TRIES = 500;

/**
 * Removes a namespace, if there is one of this name. Whatever still runs in it is ended by id first: it was started
 * by a lab, or by what a lab started, since nobody else knows of the namespace.
 */
export async function removeNamespace(name: string): Promise<void> {
  try {
    await killAllIn(name);
    await run('ip', 'netns', 'delete', name);
  } catch (error) {
    // It may have gone before, or at this moment by another's hand.
    if (existsSync(join(NAMES, name))) throw error;
  }
  await removeFolder(filesOf(name));
}

/** The folder of files that programs in a namespace find in /etc, instead of the machine's. */
export function filesOf(name: string): string {
  return join(FILES, name);
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes what labs have left behind whose process died before it could. */
export async function removeLeftovers(): Promise<void> {
  const names = new Set([...(await leftoversIn(NAMES)), ...(await leftoversIn(FILES))]);
  await Promise.all([...names].map(removeNamespace));
  const folders = await leftoversIn(tmpdir());
  await Promise.all(folders.map((name) => removeFolder(join(tmpdir(), name))));
}

async function leftoversIn(folder: string): Promise<string[]> {
  return existsSync(folder) ? (await readdir(folder)).filter(isLeftover) : [];
}

/** Until none is left: they may start others meanwhile, and go on writing to files until they are gone. */
async function killAllIn(name: string): Promise<void> {
  for (let tries = 0; tries < KILL_TRIES; tries++) {
    const ids = (await run('ip', 'netns', 'pids', name)).split('\n').filter(Boolean);
    if (ids.length === 0) return;
    for (const id of ids) kill(Number(id));
    await pause(KILL_EVERY_MS);
  }
}

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
