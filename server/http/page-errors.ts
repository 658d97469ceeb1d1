import type { PageError } from '#protocol/page-errors';
import { TryCounter } from '../accounts/try-counter.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { networkOf } from '../ip-address.ts';

/** Anybody may report: a page can fail before a sign-in. So the log is bounded by network and as a whole. */
const BY_NETWORK = { points: 20, duration: 60 * 60 };
const BY_ALL = { points: 200, duration: 60 * 60 };
/** How many errors the server remembers, so that each is in the log once. */
const REMEMBERED = 1_000;

/** Where a report came from. */
export interface Reporter {
  readonly requestId: string;
  readonly accountId: string | undefined;
  readonly address: string;
  readonly userAgent: string;
}

/** Writes the exceptions that pages report into the server's log, each once. */
export class PageErrors {
  readonly #logger: Logger;
  readonly #byNetwork: TryCounter;
  readonly #byAll: TryCounter;
  /** The errors that are in the log, the oldest first. */
  readonly #logged = new Set<string>();

  /** Every limit is multiplied by `factor`. */
  constructor({ logger, factor }: { logger: Logger; factor: number }) {
    this.#logger = logger;
    this.#byNetwork = new TryCounter({ ...BY_NETWORK, points: BY_NETWORK.points * factor });
    this.#byAll = new TryCounter({ ...BY_ALL, points: BY_ALL.points * factor });
  }

  /** @throws {AppError} `rate_limited`. */
  record(error: PageError, { requestId, accountId, address, userAgent }: Reporter): void {
    this.#take(networkOf(address));
    // The same mistake in two browsers has two stacks, and both help.
    const key = JSON.stringify(error);
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    const [oldest] = this.#logged;
    if (this.#logged.size > REMEMBERED && oldest !== undefined) this.#logged.delete(oldest);
    this.#logger.error(
      { requestId, accountId, userAgent, pageError: error },
      'a page reported an exception that it did not expect',
    );
  }

  #take(network: string): void {
    const wait = this.#byNetwork.take(network) || this.#byAll.take('all');
    if (wait === 0) return;
    throw new AppError('rate_limited', 'Too many reports. Try again later.', {
      retryAfter: Math.ceil(wait / 1000),
    });
  }
}
