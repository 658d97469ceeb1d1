import type { AdminMethod, Named } from '#protocol/admin';
import { AppError } from '../errors.ts';
import { notSignedIn, type Identity } from '../sessions/session.ts';
import type { AdminStore } from './ports.ts';

/** Who asks: the operator, at the command line, or someone who is signed in. */
export type Actor = { readonly type: 'operator' } | { readonly type: 'account'; readonly identity: Identity };

export const OPERATOR: Actor = { type: 'operator' };

/** Whom a method is for; one without a row does not compile. The operator may do everything. */
const AUTHORISATION: Record<AdminMethod, 'admin'> = {
  listAccounts: 'admin',
  findAccount: 'admin',
  listSessions: 'admin',
  getRegistration: 'admin',
  listInvitations: 'admin',
  listReports: 'admin',
  countReports: 'admin',
  listAudit: 'admin',

  createAccount: 'admin',
  disableAccount: 'admin',
  enableAccount: 'admin',
  deleteAccount: 'admin',
  setRole: 'admin',
  resetPassword: 'admin',
  endSessions: 'admin',
  setRegistration: 'admin',
  createInvitation: 'admin',
  revokeInvitation: 'admin',
  closeReport: 'admin',
};

/**
 * Who asks, by name, where they may. What the database says now counts: of the session, which may have ended since the
 * request came in, and of the account's role. Null is the operator.
 *
 * @throws {AppError} `not_signed_in`, `forbidden`.
 */
export async function authorise(
  actor: Actor,
  method: AdminMethod | undefined,
  store: AdminStore,
): Promise<Named | null> {
  if (actor.type === 'operator') return null;
  const { identity } = actor;
  const now = Date.now();
  if (!(await store.sessions.isLive(identity, now))) throw notSignedIn();
  const account = await store.accounts.find(identity.accountId, now);
  // What is not there is nobody's to ask, and whether it is there only admins learn.
  const rule = method === undefined ? 'admin' : AUTHORISATION[method];
  if (account?.role !== rule || account.disabledAt !== null) {
    throw new AppError('forbidden', 'This is for the admins of this server.');
  }
  return { id: account.id, name: account.username };
}
