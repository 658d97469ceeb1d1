import { randomBytes } from 'node:crypto';
import { startTime } from './start-time.ts';

const PREFIX = 'chataway-lab';

/**
 * The name of a lab's traces outside of this process: it says which process made them, by its id and the time of its
 * start, because ids come round again.
 */
export function newLabName(): string {
  const started = startTime(process.pid);
  if (started === undefined) throw new Error('the lab needs Linux with /proc');
  return `${PREFIX}.${process.pid}.${started}.${randomBytes(3).toString('hex')}`;
}

/** Whether this names a trace of a lab whose process is no more. */
export function isLeftover(name: string): boolean {
  const [prefix, id, started] = name.split('.');
  return prefix === PREFIX && startTime(Number(id)) !== started;
}
