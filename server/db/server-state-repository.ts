import { registrationMode, type RegistrationMode } from '#protocol/account';
import { z } from 'zod';
import type { Database } from './database.ts';

const row = z.object({ epoch: z.string(), registration: registrationMode.nullable() });

/** What the server knows about itself: one row in SQLite. */
export class SqlServerStateRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Names this course of the database's history; a restore begins another one. */
  async epoch(): Promise<string> {
    return (await this.#read()).epoch;
  }

  /** Who may sign up: what an admin has decided, or else `initial`. */
  async registration(initial: RegistrationMode): Promise<RegistrationMode> {
    return (await this.#read()).registration ?? initial;
  }

  async setRegistration(registration: RegistrationMode): Promise<void> {
    await this.#database('server_state').update({ registration });
  }

  async #read(): Promise<z.infer<typeof row>> {
    return row.parse(await this.#database('server_state').first());
  }
}
