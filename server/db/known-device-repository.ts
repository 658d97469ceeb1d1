import { z } from 'zod';
import type { KnownDeviceRepository } from '../accounts/known-devices.ts';
import type { Database } from './database.ts';

const addresses = z.array(z.object({ address: z.string() }));

/** The devices on which accounts have signed in, in SQLite. */
export class SqlKnownDeviceRepository implements KnownDeviceRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async remember(accountId: string, keyHash: string, now: number, keep: number): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await transaction('known_devices')
        .insert({ account_id: accountId, key_hash: keyHash, last_used_at: now })
        .onConflict(['account_id', 'key_hash'])
        .merge();
      const kept = transaction('known_devices')
        .select('key_hash')
        .where({ account_id: accountId })
        .orderBy('last_used_at', 'desc')
        .limit(keep);
      await transaction('known_devices')
        .where({ account_id: accountId })
        .whereNotIn('key_hash', kept)
        .delete();
    });
  }

  async isKnown(accountId: string, keyHash: string, since: number): Promise<boolean> {
    const found: unknown = await this.#database('known_devices')
      .where({ account_id: accountId, key_hash: keyHash })
      .where('last_used_at', '>=', since)
      .first();
    return found !== undefined;
  }

  async addressesOf(accountId: string, latest: number): Promise<string[]> {
    // By rowid, which is in the index already, so that no more rows are read than are wanted.
    const sessions = this.#database('sessions')
      .select('address')
      .where({ account_id: accountId })
      .orderBy('rowid', 'desc')
      .limit(latest)
      .as('latest');
    const found: unknown = await this.#database.distinct('address').from(sessions);
    return addresses.parse(found).map(({ address }) => address);
  }

  async purge(usedBefore: number): Promise<void> {
    await this.#database('known_devices').where('last_used_at', '<', usedBefore).delete();
  }
}
