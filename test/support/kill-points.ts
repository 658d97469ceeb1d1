import { statSync } from 'node:fs';
import { once } from 'node:events';
import { setImmediate as breathe } from 'node:timers/promises';
import type { startCommand } from './command.ts';

/** How far a command has come that changes a database: by the time since its first word, or by what it has logged. */
interface Progress {
  /** In milliseconds. */
  time: number;
  /** The bytes of the database's write-ahead log. */
  log: number;
}

type Command = ReturnType<typeof startCommand>;

/**
 * Follows a command from its first word on until it ends, or until `enough` says so: then it is killed.
 *
 * @returns how far it came at the most, and whether it was killed
 */
export async function follow(
  { child, result }: Command,
  databaseFile: string,
  enough: (progress: Progress) => boolean = () => false,
): Promise<Progress & { killed: boolean; output: string }> {
  const ended = new AbortController();
  void result.then(() => ended.abort());
  if (child.stdout) await Promise.race([once(child.stdout, 'data'), result]);
  const start = performance.now();
  const far: Progress = { time: 0, log: 0 };
  let killed = false;
  while (!ended.signal.aborted) {
    far.time = performance.now() - start;
    far.log = Math.max(far.log, sizeOf(`${databaseFile}-wal`));
    if (!killed && enough({ time: far.time, log: sizeOf(`${databaseFile}-wal`) })) {
      killed = child.kill('SIGKILL');
    }
    await breathe();
  }
  return { ...far, killed: child.signalCode === 'SIGKILL', output: (await result).output };
}

/** When to kill: so many points, half of them spread over the time that it takes, half over what it logs. */
export function killPoints(count: number, whole: Progress): ((progress: Progress) => boolean)[] {
  const half = Math.ceil(count / 2);
  return Array.from({ length: count }, (_, index) => {
    const share = ((index % half) + 0.5) / half;
    return index < half
      ? ({ time }: Progress) => time >= share * whole.time
      : ({ log }: Progress) => log >= share * whole.log;
  });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
