import { z } from 'zod';
import { comparisonKey } from '#protocol/rules';
import type { Account } from '../accounts/account.ts';
import type { AccountRepository, Added, Changed } from '../accounts/account-service.ts';
import { withFirstRole } from '../accounts/first-account.ts';
import { stateOf } from '../accounts/invitation.ts';
import { skeletonsOf } from '../accounts/skeleton.ts';
import type { Admission } from '../accounts/registration.ts';
import type { InvitationState } from '#protocol/admin';
import type { Name } from '../presence/directory.ts';
import type { Identity } from '../sessions/session.ts';
import { violates, type Database } from './database.ts';
import { SqlAuditRepository } from './audit-repository.ts';
import { SqlInvitationRepository } from './invitation-repository.ts';
import { SqlSessionRepository } from './session-repository.ts';

const row = z
  .object({
    id: z.string(),
    username: z.string(),
    email: z.string(),
    role: z.enum(['admin', 'member']),
    password_hash: z.string(),
    created_at: z.number(),
    disabled_at: z.number().nullable(),
  })
  .transform((columns): Account => ({
    id: columns.id,
    username: columns.username,
    email: columns.email,
    role: columns.role,
    passwordHash: columns.password_hash,
    createdAt: columns.created_at,
    disabledAt: columns.disabled_at,
  }));

const nameRow = z
  .object({
    id: z.string(),
    username: z.string(),
    disabled_at: z.number().nullable(),
    deleted_at: z.number().nullable(),
  })
  .transform(({ id, username, disabled_at, deleted_at }): Name => {
    const gone = deleted_at !== null ? 'deleted' : disabled_at !== null ? 'disabled' : undefined;
    return { id, username, ...(gone && { gone }) };
  });

/** Undoes the transaction that would have let someone in. */
class NotInvited extends Error {
  readonly state: InvitationState | undefined;
  constructor(state: InvitationState | undefined) {
    super('the invitation is not good');
    this.state = state;
  }
}

/** Accounts in SQLite. A deleted one has its row, but is none any more. */
export class SqlAccountRepository implements AccountRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(account: Account, admission: Admission): Promise<Added> {
    try {
      return await this.#add(account, admission);
    } catch (error) {
      if (error instanceof NotInvited) return { invitation: error.state };
      throw error;
    }
  }

  #add(account: Account, { tokenHash, required }: Admission): Promise<Added> {
    const keys = { username_key: comparisonKey(account.username), email_key: comparisonKey(account.email) };
    return this.#database.transaction(async (transaction) => {
      const others = z
        .array(z.object({ username_key: z.string(), email_key: z.string() }))
        .parse(
          await transaction('accounts')
            .select('username_key', 'email_key')
            .where('username_key', keys.username_key)
            .orWhere('email_key', keys.email_key),
        );
      const skeletons = skeletonsOf(account.username);
      // One at a time: a username that is taken would be a free way to ask whether an email address has an account.
      if (others.some((other) => other.username_key === keys.username_key)) return { taken: 'username' };
      const alike = transaction('username_skeletons').whereIn('skeleton', skeletons).first();
      if ((await alike) !== undefined) return { taken: 'lookalike' };
      if (others.length > 0) return { taken: 'email' };

      const isFirst = (await transaction('accounts').select('id').first()) === undefined;
      const added = withFirstRole(account, isFirst);
      await transaction('accounts').insert({
        id: added.id,
        username: added.username,
        email: added.email,
        ...keys,
        role: added.role,
        password_hash: added.passwordHash,
        created_at: added.createdAt,
        disabled_at: added.disabledAt,
      });
      await transaction('username_skeletons').insert(
        skeletons.map((skeleton) => ({ account_id: added.id, skeleton })),
      );
      if (tokenHash !== undefined) {
        const invitations = new SqlInvitationRepository(transaction);
        const now = added.createdAt;
        const used = await invitations.use(tokenHash, added.id, now);
        if (!used && required) {
          const invitation = await invitations.findByToken(tokenHash);
          throw new NotInvited(invitation && stateOf(invitation, now));
        }
      }
      return { added };
    });
  }

  async find(id: string): Promise<Account | undefined> {
    return row.optional().parse(await this.#database('accounts').where({ id, deleted_at: null }).first());
  }

  async findByName(name: string): Promise<Account | undefined> {
    const key = comparisonKey(name);
    // A username has no "@" and an email address has one, so at most one row matches.
    const found: unknown = await this.#database('accounts')
      .whereNull('deleted_at')
      .where((either) => {
        void either.where({ username_key: key }).orWhere({ email_key: key });
      })
      .first();
    return row.optional().parse(found);
  }

  changePassword(by: Identity, from: string, to: string, now: number): Promise<Changed<{ ended: string[] }>> {
    return this.#database.transaction(async (transaction) => {
      const sessions = new SqlSessionRepository(transaction);
      if (!(await sessions.isLive(by, now))) return 'session_ended';
      const unchanged = transaction('accounts').where({ id: by.accountId, password_hash: from });
      if ((await unchanged.update({ password_hash: to })) === 0) return 'wrong_password';
      const others = { accountId: by.accountId, except: by.sessionId };
      const ended = await sessions.end(others, now, 'password_changed');
      await auditOwn(transaction, by, 'changePassword', now);
      return { ended };
    });
  }

  async changeEmail(by: Identity, email: string, now: number): Promise<Changed<{ email: string }>> {
    try {
      return await this.#database.transaction(async (transaction) => {
        const sessions = new SqlSessionRepository(transaction);
        if (!(await sessions.isLive(by, now))) return 'session_ended';
        await transaction('accounts')
          .where({ id: by.accountId })
          .update({ email, email_key: comparisonKey(email) });
        await sessions.noteEmailChange(by, now);
        await auditOwn(transaction, by, 'changeEmail', now);
        return { email };
      });
    } catch (error) {
      if (violates(error, 'accounts.email_key')) return 'taken';
      throw error;
    }
  }

  /** Everyone's name, for the directory: of disabled and deleted accounts too, who stay in others' conversations. */
  async listNames(): Promise<Name[]> {
    const rows: unknown = await this.#database('accounts').select(
      'id',
      'username',
      'disabled_at',
      'deleted_at',
    );
    return z.array(nameRow).parse(rows);
  }
}

/** Puts into the audit log what someone did to their own account. */
async function auditOwn(
  transaction: Database,
  { accountId }: Identity,
  action: string,
  at: number,
): Promise<void> {
  const found: unknown = await transaction('accounts').where({ id: accountId }).select('username').first();
  const own = { id: accountId, name: z.object({ username: z.string() }).parse(found).username };
  await new SqlAuditRepository(transaction).append({ at, actor: own, action, subject: own, details: {} });
}
