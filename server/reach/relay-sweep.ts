import type { Logger } from '../logger.ts';
import type { RelayGrants } from './relay-grants.ts';
import { type ConsolePlace, endAllocations } from './turn-console.ts';

/** How often allocations are looked for that were made after their call or check had ended. */
const EVERY_MS = 5_000;
/** Clocks of two containers of one machine agree; rounding may take a second. */
const MARGIN_MS = 2_000;
/** For so long an allocation is looked for at a relay that does not answer. */
const GIVE_UP_AFTER_MS = 3_600_000;

interface Options {
  grants: RelayGrants;
  consoles: readonly ConsolePlace[];
  /** In milliseconds; tests have less. */
  every: number | undefined;
  logger: Logger;
}

/**
 * Ends the allocations of calls and checks that are over: at once, and every few seconds while their credentials are good,
 * because a client may still make new ones.
 */
export class RelaySweep {
  readonly #with: Options;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #again = false;
  #closed = false;
  #failing = false;

  constructor(options: Options) {
    this.#with = options;
  }

  /** Something has ended. */
  now(): void {
    if (this.#closed || this.#with.consoles.length === 0) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#running = true;
    void this.#sweep().finally(() => {
      this.#running = false;
      if (this.#again) {
        this.#again = false;
        this.now();
      } else if (!this.#closed && this.#with.grants.dead().size > 0) {
        this.#timer = setTimeout(() => this.now(), this.#with.every ?? EVERY_MS).unref();
      }
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #sweep(): Promise<void> {
    const { grants, consoles, logger } = this.#with;
    const began = Date.now();
    const dead = grants.dead();
    try {
      for (const place of consoles) {
        const ended = await endAllocations(place, dead);
        if (ended > 0) logger.info({ ended }, 'allocations of the relay were ended');
      }
      grants.forget(began - MARGIN_MS);
      this.#failing = false;
    } catch (error) {
      grants.forget(began - GIVE_UP_AFTER_MS);
      if (!this.#failing && !this.#closed)
        logger.warn({ err: error }, 'allocations of the relay could not be ended; it is tried again');
      this.#failing = true;
    }
  }
}
