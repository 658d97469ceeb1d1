import { adminAccount, type AdminAccount, type Role } from '#protocol/admin';
import { z } from 'zod';
import type { Account } from '../accounts/account.ts';
import { comparisonKey } from '#protocol/rules';
import type { Added } from '../accounts/account-service.ts';
import type { Admission } from '../accounts/registration.ts';
import type { AdminAccountRepository } from '../admin/ports.ts';
import { SqlAccountRepository } from './account-repository.ts';
import type { Database } from './database.ts';

const row = z
  .object({
    id: z.string(),
    username: z.string(),
    email: z.string(),
    role: adminAccount.shape.role,
    created_at: z.number(),
    disabled_at: z.number().nullable(),
    sessions: z.number(),
    last_seen_at: z.number().nullable(),
  })
  .transform((columns): AdminAccount => ({
    id: columns.id,
    username: columns.username,
    email: columns.email,
    role: columns.role,
    createdAt: columns.created_at,
    disabledAt: columns.disabled_at,
    sessions: columns.sessions,
    lastSeenAt: columns.last_seen_at,
  }));

/** Accounts in SQLite, as admins work on them. */
export class SqlAdminAccountRepository implements AdminAccountRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(account: Account, admission: Admission): Promise<Added> {
    return new SqlAccountRepository(this.#database).add(account, admission);
  }

  async find(id: string, now: number): Promise<AdminAccount | undefined> {
    return row.optional().parse(await this.#select(now).where('accounts.id', id).first());
  }

  async findByName(name: string, now: number): Promise<AdminAccount | undefined> {
    const key = comparisonKey(name);
    const found: unknown = await this.#select(now)
      .where((either) => {
        void either.where({ username_key: key }).orWhere({ email_key: key });
      })
      .first();
    return row.optional().parse(found);
  }

  async list(search: string, after: string | undefined, limit: number, now: number): Promise<AdminAccount[]> {
    const rows: unknown = await this.#select(now)
      .modify((query) => {
        // As plain text, unlike `like`, to which "_" and "%" are more.
        if (search !== '')
          void query.whereRaw('(instr(username_key, ?) > 0 or instr(email_key, ?) > 0)', [search, search]);
        if (after !== undefined) void query.where('username_key', '>', after);
      })
      .orderBy('username_key')
      .limit(limit);
    return z.array(row).parse(rows);
  }

  async countAdmins(): Promise<number> {
    const found: unknown = await this.#database('accounts')
      .where({ role: 'admin', disabled_at: null })
      .count({ count: '*' })
      .first();
    return z.object({ count: z.number() }).parse(found).count;
  }

  async setDisabled(id: string, at: number | null): Promise<void> {
    await this.#database('accounts').where({ id }).update({ disabled_at: at });
  }

  async setRole(id: string, role: Role): Promise<void> {
    await this.#database('accounts').where({ id }).update({ role });
  }

  async setPasswordHash(id: string, passwordHash: string): Promise<void> {
    await this.#database('accounts').where({ id }).update({ password_hash: passwordHash });
  }

  async erase(id: string, username: string, now: number): Promise<void> {
    // The keys can be taken again; no name that someone may have contains a space.
    const key = `deleted ${id}`;
    await this.#database('accounts').where({ id }).update({
      username,
      username_key: key,
      email: '',
      email_key: key,
      role: 'member',
      password_hash: '',
      disabled_at: now,
      deleted_at: now,
    });
    await this.#database('username_skeletons').where({ account_id: id }).delete();
    await this.#database('call_settings').where({ account_id: id }).delete();
    await this.#database('known_devices').where({ account_id: id }).delete();
    await this.#database('blocks').where({ account_id: id }).orWhere({ blocked_id: id }).delete();
    await this.#database('reports').where({ account_id: id }).delete();
    await this.#database('reports').where({ reporter_id: id }).update({ reporter_id: null });
    // That they have ended stays, as the proof for a late write; from where they were made does not.
    await this.#database('sessions').where({ account_id: id }).update({ user_agent: '', address: '' });
  }

  #select(now: number) {
    const live = () =>
      this.#database('sessions')
        .whereRaw('sessions.account_id = accounts.id')
        .whereNull('ended_at')
        .where('expires_at', '>', now);
    return this.#database('accounts')
      .whereNull('accounts.deleted_at')
      .select('accounts.*', {
        sessions: live().count(),
        last_seen_at: live().max('last_seen_at'),
      });
  }
}
