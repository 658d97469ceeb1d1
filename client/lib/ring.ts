/** A ring that a device learns of later than so long after it began is a plain notice. */
export const LATE_AFTER = 10_000;

/** How a call that rings is shown on this device. */
export type RingManner =
  /** With a tone, and in the foreground. */
  | 'loud'
  /** Learnt of too late for a tone: a quiet card. */
  | 'late'
  /** The person silenced it on this device alone. */
  | 'ignored';

/**
 * Decides it at the moment when this device learns of the ring; `now` is the server's clock. A reload is no such
 * moment.
 */
export function ringManner(startedAt: number, now: number): RingManner {
  return now - startedAt > LATE_AFTER ? 'late' : 'loud';
}
