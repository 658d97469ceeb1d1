import { hash, verify, type Options } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { AppError } from '../errors.ts';
import { normalisePassword } from './account-rules.ts';

/** OWASP Password Storage Cheat Sheet: argon2id (the library's default) with 19 MiB, 2 passes, 1 lane. */
const ARGON2: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Two hashes at once keep sign-ins from taking the threads and memory that calls need. */
const AT_ONCE = 2;
/** A longer queue would only answer people who have given up. */
const WAITING_AT_MOST = 200;

/** Hashes and verifies passwords, at most two at once. */
export class PasswordHasher {
  readonly #limit = pLimit(AT_ONCE);
  /** Verified against where there is no account, so that the answer takes the same work. */
  readonly #decoy = hash('no account has this password', ARGON2);

  /** @throws {AppError} `overloaded` when too many hashes wait. */
  hash(password: string): Promise<string> {
    return this.#queue(() => hash(normalisePassword(password), ARGON2));
  }

  /**
   * Whether the password belongs to the hash. Without a hash the work is the same and the answer no.
   *
   * @throws {AppError} `overloaded` when too many hashes wait.
   */
  verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    return this.#queue(async () => {
      const matches = await verify(passwordHash ?? (await this.#decoy), normalisePassword(password));
      return matches && passwordHash !== undefined;
    });
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    if (this.#limit.pendingCount >= WAITING_AT_MOST) {
      throw new AppError('overloaded', 'Too many people are signing in right now. Try again in a moment.');
    }
    return this.#limit(work);
  }
}
