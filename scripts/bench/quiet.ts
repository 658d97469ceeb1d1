import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 2_000;
/** A machine whose processors idle this much, so many looks in a row, has nothing else to do. */
const IDLE_SHARE = 0.85;
const LOOKS = 3;
const WAIT_AT_MOST_MS = 2 * 60_000;

/**
 * Waits until nobody else works on this machine, but not for ever. Returns the share of its processors that
 * idled at last.
 */
export async function waitForQuiet(): Promise<number> {
  const deadline = performance.now() + WAIT_AT_MOST_MS;
  let share = 0;
  for (let quiet = 0; quiet < LOOKS && performance.now() < deadline;) {
    share = await idleShare(LOOK_MS);
    quiet = share >= IDLE_SHARE ? quiet + 1 : 0;
  }
  return share;
}

/** Which share of all processors idles for a while. */
export async function idleShare(milliseconds: number): Promise<number> {
  const before = processorTimes();
  await sleep(milliseconds);
  const after = processorTimes();
  return (after.idle - before.idle) / (after.all - before.all);
}

/** See proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal. */
function processorTimes(): { idle: number; all: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const times = line.split(/\s+/).slice(1, 9).map(Number);
  return { idle: times[3] ?? NaN, all: times.reduce((total, time) => total + time, 0) };
}
