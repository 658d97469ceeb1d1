import { nextDeadline, type Call } from './call.ts';
import type { Clock } from './ports.ts';

/** One timer for each live call, at its next deadline. */
export class CallTimers {
  readonly #clock: Clock;
  readonly #onDeadline: (callId: string) => void;
  readonly #timers = new Map<string, { cancel(): void }>();
  #closed = false;

  constructor(clock: Clock, onDeadline: (callId: string) => void) {
    this.#clock = clock;
    this.#onDeadline = onDeadline;
  }

  /** Sets the call's timer anew, to fire in so many milliseconds at the least; none where nothing ends by itself. */
  set(call: Call, atLeast = 0): void {
    this.#timers.get(call.id)?.cancel();
    this.#timers.delete(call.id);
    const deadline = nextDeadline(call);
    if (deadline === null || this.#closed) return;
    const wait = Math.max(atLeast, deadline - this.#clock.now());
    this.#timers.set(
      call.id,
      this.#clock.after(wait, () => this.#onDeadline(call.id)),
    );
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
