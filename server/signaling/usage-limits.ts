import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../errors.ts';
import { networkOf, wideNetworkOf } from '../ip-address.ts';

const MINUTE_S = 60;
const DAY_S = 24 * 60 * MINUTE_S;

/** Far more than people write, even where a page sends what it has kept while it was offline. */
const MESSAGES = { points: 200, duration: MINUTE_S };
const MESSAGE_BYTES = { points: 512 * 1024, duration: MINUTE_S };
/** What one account may add to the database. */
const BYTES_A_DAY = { points: 16 * 1024 * 1024, duration: DAY_S };
/** Reports of one account. */
const REPORTS = { points: 10, duration: 60 * MINUTE_S };
/** Their copies of messages add no more to the database than the messages that it may write itself. */
const REPORTS_A_DAY = { points: 20, duration: DAY_S };
/** Calls that one account may start, or try to: a part of its network's, so that it cannot use them up for the others. */
const CALLS_BY_ACCOUNT = { points: 30, duration: 10 * MINUTE_S };
/** Calls that all accounts of one network may start: new accounts are cheap. */
const CALLS = { points: 100, duration: 10 * MINUTE_S };
/** The same of an IPv6 /48. */
const WIDE_CALLS = { points: 400, duration: 10 * MINUTE_S };

/** Bounds what one account may have the server store and the admins read, and how often the accounts of one network may ring. */
export class UsageLimits {
  readonly #messages: RateLimiterMemory;
  readonly #bytes: RateLimiterMemory;
  readonly #quota: RateLimiterMemory;
  readonly #reports: RateLimiterMemory;
  readonly #reportsADay: RateLimiterMemory;
  readonly #callsByAccount: RateLimiterMemory;
  readonly #calls: RateLimiterMemory;
  readonly #wideCalls: RateLimiterMemory;

  /** Every limit is multiplied by `factor`. */
  constructor({ factor }: { factor: number }) {
    const limiter = ({ points, duration }: { points: number; duration: number }) =>
      new RateLimiterMemory({ points: points * factor, duration });
    this.#messages = limiter(MESSAGES);
    this.#bytes = limiter(MESSAGE_BYTES);
    this.#quota = limiter(BYTES_A_DAY);
    this.#reports = limiter(REPORTS);
    this.#reportsADay = limiter(REPORTS_A_DAY);
    this.#callsByAccount = limiter(CALLS_BY_ACCOUNT);
    this.#calls = limiter(CALLS);
    this.#wideCalls = limiter(WIDE_CALLS);
  }

  /** Counts a message. @throws {AppError} `rate_limited`. */
  async message(accountId: string, text: string): Promise<void> {
    const bytes = Buffer.byteLength(text);
    await take(this.#messages, accountId, 1, TOO_FAST);
    await take(this.#bytes, accountId, bytes, TOO_FAST);
    await take(this.#quota, accountId, bytes, TOO_MUCH);
  }

  /** Counts a report. @throws {AppError} `rate_limited`. */
  async report(accountId: string): Promise<void> {
    await take(this.#reports, accountId, 1, TOO_MANY_REPORTS);
    await take(this.#reportsADay, accountId, 1, TOO_MANY_REPORTS);
  }

  /**
   * Counts a call by its account, and by the network that it comes from, where that is known.
   *
   * @throws {AppError} `rate_limited`.
   */
  async call(accountId: string, address: string | undefined): Promise<void> {
    await take(this.#callsByAccount, accountId, 1, TOO_MANY_OWN_CALLS);
    if (address === undefined) return;
    await take(this.#calls, networkOf(address), 1, TOO_MANY_CALLS);
    await take(this.#wideCalls, wideNetworkOf(address), 1, TOO_MANY_CALLS);
  }
}

const TOO_FAST = 'Too many messages at once. They can be sent in a minute.';
const TOO_MUCH = 'You have written more today than this server keeps for one person. Go on tomorrow.';
const TOO_MANY_REPORTS = 'You have sent many reports lately. Send the next one later.';
const TOO_MANY_OWN_CALLS = 'You have made many calls. Wait some minutes.';
const TOO_MANY_CALLS = 'Too many calls come from your network. Wait some minutes.';

async function take(limiter: RateLimiterMemory, key: string, points: number, message: string): Promise<void> {
  try {
    await limiter.consume(key, points);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    throw new AppError('rate_limited', message, { retryAfter: Math.ceil(error.msBeforeNext / 1000) });
  }
}
