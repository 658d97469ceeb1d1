import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { comparisonKey } from '../accounts/account.ts';
import { AppError } from '../errors.ts';

const QUARTER_HOUR_S = 15 * 60;
/** Wrong passwords for one name from one address, whether the account exists or not. */
const FAILURES_BY_NAME_AND_ADDRESS = 10;
/** Wrong passwords for one name from anywhere: more, so that a stranger does not easily lock someone out. */
const FAILURES_BY_NAME = 100;
/** Wrong passwords from one address, whatever the names. */
const FAILURES_BY_ADDRESS = 50;
/** New accounts from one address. */
const SIGN_UPS_BY_ADDRESS = 100;
/** Sign-ups from one address that were told that an email address has an account. */
const TAKEN_EMAILS_BY_ADDRESS = 5;

/** Bounds guessing at passwords, by account and by address, and the making of accounts. */
export class SignInLimits {
  readonly #byNameAndAddress: RateLimiterMemory;
  readonly #byName: RateLimiterMemory;
  readonly #byAddress: RateLimiterMemory;
  readonly #signUps: RateLimiterMemory;
  readonly #takenEmails: RateLimiterMemory;

  constructor({ factor }: { factor: number }) {
    const limiter = (points: number) =>
      new RateLimiterMemory({ points: points * factor, duration: QUARTER_HOUR_S });
    this.#byNameAndAddress = limiter(FAILURES_BY_NAME_AND_ADDRESS);
    this.#byName = limiter(FAILURES_BY_NAME);
    this.#byAddress = limiter(FAILURES_BY_ADDRESS);
    this.#signUps = limiter(SIGN_UPS_BY_ADDRESS);
    this.#takenEmails = limiter(TAKEN_EMAILS_BY_ADDRESS);
  }

  /**
   * Takes a try before the password is looked at, so that tries sent at once count too; gives it back unless
   * something was guessed wrong: a password, or whether an email address has an account.
   *
   * @throws {AppError} `rate_limited`, and whatever `attempt` throws.
   */
  async guard<T>(name: string, address: string, attempt: () => Promise<T>): Promise<T> {
    const key = comparisonKey(name.trim());
    // The narrowest first: what it refuses uses up none of the wider ones.
    const tries: [RateLimiterMemory, string][] = [
      [this.#byNameAndAddress, `${key} ${address}`],
      [this.#byName, key],
      [this.#byAddress, address],
    ];
    for (const [limiter, who] of tries) await consume(limiter, who);
    const giveBack = () => Promise.all(tries.map(([limiter, who]) => limiter.reward(who, 1)));
    try {
      const result = await attempt();
      await giveBack();
      return result;
    } catch (error) {
      if (!isGuess(error)) await giveBack();
      throw error;
    }
  }

  /**
   * Bounds the making of accounts, and asking by it which email addresses have one. A try is taken before and given back
   * unless the address was taken, so that neither tries sent at once nor the ones that succeed tell more.
   *
   * @throws {AppError} `rate_limited`, and whatever `attempt` throws.
   */
  async guardSignUp<T>(address: string, attempt: () => Promise<T>): Promise<T> {
    await consume(this.#signUps, address);
    await consume(this.#takenEmails, address);
    try {
      const result = await attempt();
      await this.#takenEmails.reward(address, 1);
      return result;
    } catch (error) {
      if (!isTakenEmail(error)) await this.#takenEmails.reward(address, 1);
      throw error;
    }
  }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const retryAfter = Math.ceil(error.msBeforeNext / 1000);
    throw new AppError('rate_limited', 'Too many tries. Wait a while, then try again.', { retryAfter });
  }
}

const isGuess = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === 'wrong_credentials' ||
    error.details.fields?.['currentPassword'] === 'wrong' ||
    isTakenEmail(error));

const isTakenEmail = (error: unknown): boolean =>
  error instanceof AppError && error.details.fields?.['email'] === 'taken';
