import { sessionEnd, type SessionEnd } from '#protocol/account';
import { z } from 'zod';
import type { OwnSessions, SessionFilter, SessionRepository } from '../sessions/session-service.ts';
import type { Identity, Session } from '../sessions/session.ts';
import type { Database } from './database.ts';

const row = z
  .object({
    id: z.string(),
    account_id: z.string(),
    user_agent: z.string(),
    address: z.string(),
    created_at: z.number(),
    last_seen_at: z.number(),
    expires_at: z.number(),
  })
  .transform((columns): Session => ({
    id: columns.id,
    accountId: columns.account_id,
    userAgent: columns.user_agent,
    address: columns.address,
    createdAt: columns.created_at,
    lastSeenAt: columns.last_seen_at,
    expiresAt: columns.expires_at,
  }));

const ids = z.array(z.object({ id: z.string() }));

/** Sessions in SQLite. An ended one keeps its row, and `ended_at`, until it expires. */
export class SqlSessionRepository implements SessionRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(keyHash: string, session: Session, passwordHash: string): Promise<boolean> {
    const begun: unknown = await this.#database.raw(
      `insert into sessions
         (key_hash, id, account_id, user_agent, address, created_at, last_seen_at, expires_at)
       select ?, ?, ?, ?, ?, ?, ?, ? from accounts where id = ? and password_hash = ? and disabled_at is null
       on conflict (key_hash) do update set expires_at = excluded.expires_at where ended_at is null
       returning id`,
      [
        keyHash,
        session.id,
        session.accountId,
        session.userAgent,
        session.address,
        session.createdAt,
        session.lastSeenAt,
        session.expiresAt,
        session.accountId,
        passwordHash,
      ],
    );
    return ids.parse(begun).length > 0;
  }

  async extend(keyHash: string, expiresAt: number, lifetime: number): Promise<void> {
    await this.#database('sessions')
      .where({ key_hash: keyHash, ended_at: null })
      .update({ expires_at: this.#database.raw('min(?, created_at + ?)', [expiresAt, lifetime]) });
  }

  async findByKey(keyHash: string, now: number): Promise<Session | undefined> {
    const found: unknown = await this.#database('sessions')
      .join('accounts', 'accounts.id', 'sessions.account_id')
      .where('sessions.key_hash', keyHash)
      .where('sessions.expires_at', '>', now)
      .whereNull('sessions.ended_at')
      .whereNull('accounts.disabled_at')
      .select('sessions.*')
      .first();
    return row.optional().parse(found);
  }

  async listByAccount(accountId: string, now: number): Promise<Session[]> {
    const found: unknown = await this.#database('sessions')
      .where({ account_id: accountId, ended_at: null })
      .where('expires_at', '>', now)
      .orderBy('last_seen_at', 'desc');
    return z.array(row).parse(found);
  }

  async end(which: SessionFilter, now: number, why: SessionEnd | null): Promise<string[]> {
    const query = this.#database('sessions').whereNull('ended_at');
    if ('keyHash' in which) {
      void query.where('key_hash', which.keyHash);
    } else {
      void query.where('account_id', which.accountId);
      if ('id' in which) void query.where('id', which.id);
      else if (which.except !== null) void query.whereNot('id', which.except);
    }
    const ended: unknown = await query.update({ ended_at: now, end_reason: why }).returning('id');
    return ids.parse(ended).map(({ id }) => id);
  }

  async whyEnded(keyHash: string): Promise<SessionEnd | null> {
    const found: unknown = await this.#database('sessions')
      .where('key_hash', keyHash)
      .whereNotNull('ended_at')
      .select('end_reason')
      .first();
    return z.object({ end_reason: sessionEnd.nullable() }).optional().parse(found)?.end_reason ?? null;
  }

  /** Notes for all sessions of the account but one that they have to be told of its new email address. */
  async noteEmailChange({ accountId, sessionId }: Identity, now: number): Promise<void> {
    await this.#database('sessions')
      .where({ account_id: accountId, ended_at: null })
      .whereNot('id', sessionId)
      .update({ email_changed_at: now });
  }

  async takeEmailChange(id: string): Promise<boolean> {
    const untold = this.#database('sessions').where({ id }).whereNotNull('email_changed_at');
    return (await untold.update({ email_changed_at: null })) > 0;
  }

  endBy(by: Identity, which: OwnSessions, now: number): Promise<string[] | undefined> {
    return this.#database.transaction(async (transaction) => {
      const sessions = new SqlSessionRepository(transaction);
      if (!(await sessions.isLive(by, now))) return undefined;
      return sessions.end({ accountId: by.accountId, ...which }, now, 'elsewhere');
    });
  }

  async isLive({ sessionId, accountId }: Identity, now: number): Promise<boolean> {
    const found: unknown = await this.#database('sessions')
      .join('accounts', 'accounts.id', 'sessions.account_id')
      .where({ 'sessions.id': sessionId, 'accounts.id': accountId })
      .where('sessions.expires_at', '>', now)
      .whereNull('sessions.ended_at')
      .whereNull('accounts.disabled_at')
      .select('sessions.id')
      .first();
    return found !== undefined;
  }

  async touch(id: string, now: number): Promise<boolean> {
    const live = this.#database('sessions').where({ id, ended_at: null });
    return (await live.update({ last_seen_at: now })) > 0;
  }

  async endExpired(now: number): Promise<string[]> {
    const ended: unknown = await this.#database('sessions')
      .whereNull('ended_at')
      .where('expires_at', '<=', now)
      .update({ ended_at: now })
      .returning('id');
    return ids.parse(ended).map(({ id }) => id);
  }

  async purge(expiredBefore: number): Promise<void> {
    await this.#database('sessions').where('expires_at', '<', expiredBefore).delete();
  }
}
