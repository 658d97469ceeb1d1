import { AppError } from '../errors.ts';
import { networkOf, wideNetworkOf } from '../ip-address.ts';
import type { Familiarity } from './known-devices.ts';
import { TryCounter } from './try-counter.ts';

const QUARTER_HOUR_S = 15 * 60;
const HOUR_S = 60 * 60;

/**
 * How many wrong passwords each may give. A window begins with its first try, so within any hour twice the number of an
 * hour's window is possible: at most 2 x (40 + 10) = 100 guesses an hour at one account by all strangers and all networks
 * together, and none of them use up the tries of a known device or a session.
 */
const BUDGETS = {
  /** By a session, at its own account's password. */
  session: { points: 10, duration: QUARTER_HOUR_S },
  /** By a device on which the account has signed in before. */
  device: { points: 10, duration: QUARTER_HOUR_S },
  /** By all networks together on which the account has signed in before. */
  networks: { points: 10, duration: HOUR_S },
  /** By all others together. */
  strangers: { points: 40, duration: HOUR_S },
  /** By one network at one account. */
  networkAndAccount: { points: 10, duration: QUARTER_HOUR_S },
  /** By one network, at all accounts together that have not signed in there before. */
  network: { points: 50, duration: QUARTER_HOUR_S },
  /** The same by an IPv6 /48, which holds 65,536 networks. */
  wideNetwork: { points: 200, duration: QUARTER_HOUR_S },
  /** Sign-ins of one account that succeed: each leaves a session in the database. */
  signIns: { points: 100, duration: HOUR_S },
  /** New accounts from one network. */
  signUps: { points: 100, duration: QUARTER_HOUR_S },
  wideSignUps: { points: 400, duration: QUARTER_HOUR_S },
  /** Sign-ups from one network that were told that an email address has an account. */
  takenEmails: { points: 5, duration: QUARTER_HOUR_S },
  wideTakenEmails: { points: 20, duration: QUARTER_HOUR_S },
  /** The same for a change of email address. Counted by account, because one account can have many sessions. */
  takenEmailsByAccount: { points: 5, duration: QUARTER_HOUR_S },
} as const;

type Budget = keyof typeof BUDGETS;

/** One try, and whose budget it takes from. */
type Try = readonly [Budget, string];

/** Who tries a password at an account. */
export interface Guesser {
  /** The account's id; where there is no account, what stands for the name that was given. */
  readonly account: string;
  readonly address: string;
  readonly deviceKey: string | undefined;
  readonly familiarity: Familiarity;
}

/** Bounds guessing at passwords, and the making of accounts. */
export class SignInLimits {
  readonly #counters = new Map<Budget, TryCounter>();
  readonly #factor: number;

  /** Every budget is multiplied by `factor`. */
  constructor({ factor }: { factor: number }) {
    this.#factor = factor;
  }

  /** Guards a sign-in. @throws {AppError} `rate_limited`, and whatever `attempt` throws. */
  async guardSignIn<T>(guesser: Guesser, attempt: () => Promise<T>): Promise<T> {
    const signIn: readonly Try[] = [['signIns', guesser.account]];
    this.#take(signIn);
    try {
      return await this.#guard(triesOf(guesser), isGuess, attempt);
    } catch (error) {
      // Only those who know the password use it up.
      this.#giveBack(signIn);
      throw error;
    }
  }

  /** Guards what someone who is signed in confirms by their password. @throws {AppError} as above. */
  guardSession<T>(sessionId: string, attempt: () => Promise<T>): Promise<T> {
    return this.#guard([['session', sessionId]], isGuess, attempt);
  }

  /**
   * Guards a change of email address: the password that confirms it, and asking by it which addresses have an account.
   *
   * @throws {AppError} as above
   */
  guardEmailChange<T>(
    { sessionId, accountId }: { sessionId: string; accountId: string },
    attempt: () => Promise<T>,
  ): Promise<T> {
    return this.guardSession(sessionId, () =>
      this.#guard([['takenEmailsByAccount', accountId]], isTakenEmail, attempt),
    );
  }

  /**
   * Guards a sign-up: how many accounts there come, and asking by it which email addresses have one.
   *
   * @throws {AppError} as above
   */
  async guardSignUp<T>(address: string, attempt: () => Promise<T>): Promise<T> {
    const [network, wide] = [networkOf(address), wideNetworkOf(address)];
    this.#take([
      ['signUps', network],
      ['wideSignUps', wide],
    ]);
    return this.#guard(
      [
        ['takenEmails', network],
        ['wideTakenEmails', wide],
      ],
      isTakenEmail,
      attempt,
    );
  }

  /**
   * Takes a try from each budget before the password is looked at, so that tries sent at once count too, and gives it
   * back unless something was guessed wrong.
   */
  async #guard<T>(
    tries: readonly Try[],
    counts: (error: unknown) => boolean,
    attempt: () => Promise<T>,
  ): Promise<T> {
    this.#take(tries);
    try {
      const result = await attempt();
      this.#giveBack(tries);
      return result;
    } catch (error) {
      if (!counts(error)) this.#giveBack(tries);
      throw error;
    }
  }

  /** Takes from all budgets or from none: what one of them refuses uses up none of the others. */
  #take(tries: readonly Try[]): void {
    const taken: Try[] = [];
    for (const one of tries) {
      const wait = this.#counter(one).take(one[1]);
      if (wait > 0) {
        this.#giveBack(taken);
        const retryAfter = Math.ceil(wait / 1000);
        throw new AppError('rate_limited', 'Too many tries. Wait a while, then try again.', { retryAfter });
      }
      taken.push(one);
    }
  }

  #giveBack(tries: readonly Try[]): void {
    for (const one of tries) this.#counter(one).giveBack(one[1]);
  }

  #counter([budget]: Try): TryCounter {
    const known = this.#counters.get(budget);
    if (known) return known;
    const { points, duration } = BUDGETS[budget];
    const counter = new TryCounter({ points: points * this.#factor, duration });
    this.#counters.set(budget, counter);
    return counter;
  }
}

function triesOf({ account, address, deviceKey, familiarity }: Guesser): Try[] {
  if (familiarity === 'device') return [['device', `${account} ${deviceKey ?? ''}`]];
  const network = networkOf(address);
  const own: Try = ['networkAndAccount', `${account} ${network}`];
  if (familiarity === 'network') return [own, ['networks', account]];
  // The narrowest first.
  return [own, ['network', network], ['wideNetwork', wideNetworkOf(address)], ['strangers', account]];
}

const isGuess = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === 'wrong_credentials' ||
    error.details.fields?.['currentPassword'] === 'wrong' ||
    isTakenEmail(error));

const isTakenEmail = (error: unknown): boolean =>
  error instanceof AppError && error.details.fields?.['email'] === 'taken';
