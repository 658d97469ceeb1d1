import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often the holder shows that it lives, in milliseconds. */
const HEARTBEAT_MS = 2_000;
/** A lock without a sign of life for this long was left by a process that died. */
const STALE_MS = 20_000;

/**
 * Runs `body` while no other process does so under the same lock, on this
 * machine or in another container that shares the folder. The lock is a folder,
 * because mkdir either makes it or fails; its age and not a process id says
 * whether the holder lives, because ids mean nothing across containers. Were
 * two to take over a dead lock at once, both would do the same work: callers
 * put their result in place with one rename, so that this costs only time.
 */
export async function withLock<T>(path: string, onWait: () => void, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  for (let told = false; !(await take(path));) {
    if (!told) onWait();
    told = true;
    await sleep(500);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A lock that someone took for dead is not worth failing the work for.
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await body();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { recursive: true, force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const held = await stat(path).catch(() => undefined);
  if (held && Date.now() - held.mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true });
  return false;
}
