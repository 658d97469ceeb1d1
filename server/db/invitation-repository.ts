import type { PageEnd } from '#protocol/common';
import { z } from 'zod';
import type { Invitation } from '../accounts/invitation.ts';
import type { InvitationRepository, ListedInvitation } from '../admin/ports.ts';
import type { Database } from './database.ts';

const columns = z.object({
  id: z.string(),
  created_at: z.number(),
  expires_at: z.number(),
  used_at: z.number().nullable(),
  revoked_at: z.number().nullable(),
});
const toInvitation = (row: z.infer<typeof columns>): Invitation => ({
  id: row.id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  usedAt: row.used_at,
  revokedAt: row.revoked_at,
});

const invitationRow = columns.transform(toInvitation);
const listedRow = columns
  .extend({ creator: z.string().nullable(), user: z.string().nullable() })
  .transform((row): ListedInvitation => ({ ...toInvitation(row), createdBy: row.creator, usedBy: row.user }));

/** Invitations in SQLite. Those that are over stay, to be looked up. */
export class SqlInvitationRepository implements InvitationRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(
    invitation: Pick<Invitation, 'id' | 'createdAt' | 'expiresAt'>,
    tokenHash: string,
    createdBy: string | null,
  ): Promise<void> {
    await this.#database('invitations').insert({
      id: invitation.id,
      token_hash: tokenHash,
      created_by: createdBy,
      created_at: invitation.createdAt,
      expires_at: invitation.expiresAt,
    });
  }

  async findByToken(tokenHash: string): Promise<Invitation | undefined> {
    const row: unknown = await this.#database('invitations').where({ token_hash: tokenHash }).first();
    return invitationRow.optional().parse(row);
  }

  /** Uses it up for an account that is there; false where it is no good, or another was faster. */
  async use(tokenHash: string, accountId: string, now: number): Promise<boolean> {
    const open = this.#open(now).where({ token_hash: tokenHash });
    return (await open.update({ used_at: now, used_by: accountId })) > 0;
  }

  async list(before: PageEnd | undefined, limit: number): Promise<ListedInvitation[]> {
    const rows: unknown = await this.#database('invitations')
      .leftJoin('accounts as creators', 'creators.id', 'invitations.created_by')
      .leftJoin('accounts as users', 'users.id', 'invitations.used_by')
      .modify((query) => {
        if (before)
          void query.whereRaw('(invitations.created_at, invitations.id) < (?, ?)', [before.time, before.id]);
      })
      .orderBy([
        { column: 'invitations.created_at', order: 'desc' },
        { column: 'invitations.id', order: 'desc' },
      ])
      .limit(limit)
      .select('invitations.*', { creator: 'creators.username', user: 'users.username' });
    return z.array(listedRow).parse(rows);
  }

  async revoke(id: string, now: number): Promise<boolean> {
    return (await this.#open(now).where({ id }).update({ revoked_at: now })) > 0;
  }

  async revokeOf(createdBy: string, now: number): Promise<void> {
    await this.#open(now).where({ created_by: createdBy }).update({ revoked_at: now });
  }

  #open(now: number) {
    return this.#database('invitations')
      .whereNull('used_at')
      .whereNull('revoked_at')
      .where('expires_at', '>', now);
  }
}
