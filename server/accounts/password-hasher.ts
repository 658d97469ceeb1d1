import { hash, verify, type Options } from '@node-rs/argon2';
import { normalisePassword } from './account-rules.ts';
import { HashQueue, type Turn } from './hash-queue.ts';

/** OWASP Password Storage Cheat Sheet: argon2id (the library's default) with 19 MiB, 2 passes, 1 lane. */
const ARGON2: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes and verifies passwords. */
export class PasswordHasher {
  readonly #queue = new HashQueue();
  /** Verified against where there is no account, so that the answer takes the same work. */
  readonly #decoy = hash('no account has this password', ARGON2);

  /** To be asked before other work is done for a request. @throws {AppError} `overloaded` where a hash would be refused. */
  assertRoom(turn: Turn): void {
    this.#queue.assertRoom(turn);
  }

  /** @throws {AppError} `overloaded` when too many hashes wait. */
  hash(password: string, turn: Turn): Promise<string> {
    return this.#queue.run(turn, () => hash(normalisePassword(password), ARGON2));
  }

  /**
   * Whether the password belongs to the hash. Without a hash the work is the same and the answer no.
   *
   * @throws {AppError} `overloaded` when too many hashes wait.
   */
  verify(passwordHash: string | undefined, password: string, turn: Turn): Promise<boolean> {
    return this.#queue.run(turn, async () => {
      const matches = await verify(passwordHash ?? (await this.#decoy), normalisePassword(password));
      return matches && passwordHash !== undefined;
    });
  }
}
