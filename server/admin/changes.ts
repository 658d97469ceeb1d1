import { randomBytes, randomUUID } from 'node:crypto';
import type {
  AdminAccount,
  AdminAnswer,
  AdminData,
  AuditDetails,
  Change,
  Invitation,
  Named,
} from '#protocol/admin';
import { emailProblem, tidyNames } from '../accounts/account-rules.ts';
import type { Account } from '../accounts/account.ts';
import { hashToken, newToken } from '../accounts/invitation.ts';
import type { PasswordHasher } from '../accounts/password-hasher.ts';
import { NO_INVITATION } from '../accounts/registration.ts';
import { usernameProblem } from '../accounts/username-rules.ts';
import { refuse, takenField, wrongFields } from '../accounts/wrong-fields.ts';
import { AppError } from '../errors.ts';
import type { Publisher } from '../fact-bus.ts';
import { oneTimePassword } from './one-time-password.ts';
import type { AdminStore } from './ports.ts';
import { nameOf } from './present.ts';
import { accountOf } from './questions.ts';

/** What a change has come to. There is none without its part of the audit log. */
export interface Outcome<M extends Change> {
  answer: AdminAnswer<M>;
  /** Whom or what it was about, as it was called before. */
  subject: Named | null;
  details: AuditDetails;
  /** Called once all of it is committed. */
  publish?: (facts: Publisher) => void;
}

/** The part of a change that is one transaction with its entry in the audit log. `actor` null is the operator. */
export type Work<M extends Change> = (store: AdminStore, actor: Named | null) => Promise<Outcome<M>>;

/** What takes long (hashing a password) is done before the transaction, which keeps everyone else waiting. */
export type Changes = { readonly [M in Change]: (data: AdminData<M>) => Work<M> | Promise<Work<M>> };

/** Admins are signed in, and the operator is at the machine. */
const TURN = { lane: 'admins', familiar: true };
const DAY_MS = 24 * 60 * 60 * 1000;
const NOTHING = {};

/** What admins may change. */
export function createChanges({ hasher }: { hasher: PasswordHasher }): Changes {
  return {
    async createAccount(data) {
      const { username, email } = tidyNames(data);
      refuse({ username: usernameProblem(username, 'admin'), email: emailProblem(email) });
      const password = oneTimePassword();
      const account: Account = {
        id: randomUUID(),
        username,
        email,
        role: data.role,
        passwordHash: await hasher.hash(password, TURN),
        createdAt: Date.now(),
        disabledAt: null,
      };
      return async (store) => {
        const result = await store.accounts.add(account, NO_INVITATION);
        if (!('added' in result)) throw 'taken' in result ? takenField(result.taken) : wrongFields({});
        const added = await accountOf(store, account.id);
        return {
          answer: { account: added, password },
          subject: nameOf(added),
          details: { role: added.role },
          publish: (facts) => facts.publish('accountAdded', { account: added }),
        };
      };
    },

    disableAccount:
      ({ accountId }) =>
      async (store) => {
        const before = await accountOf(store, accountId);
        await assertAdminLeft(store, before);
        const now = Date.now();
        await store.accounts.setDisabled(accountId, before.disabledAt ?? now);
        const ended = await store.sessions.end({ accountId, except: null }, now, 'by_admin');
        // Otherwise an admin who is thrown out comes back by an invitation of their own.
        await store.invitations.revokeOf(accountId, now);
        const account = await accountOf(store, accountId);
        return {
          answer: { account },
          subject: nameOf(before),
          details: { sessions: ended.length },
          publish(facts) {
            facts.publish('accountChanged', { account });
            publishEnded(facts, ended);
          },
        };
      },

    enableAccount:
      ({ accountId }) =>
      async (store) => {
        await store.accounts.setDisabled((await accountOf(store, accountId)).id, null);
        return changed(await accountOf(store, accountId), {});
      },

    deleteAccount:
      ({ accountId }) =>
      async (store) => {
        const before = await accountOf(store, accountId);
        await assertAdminLeft(store, before);
        const now = Date.now();
        const ended = await store.sessions.end({ accountId, except: null }, now, 'by_admin');
        await store.invitations.revokeOf(accountId, now);
        const username = `deleted-${randomBytes(4).toString('hex')}`;
        await store.accounts.erase(accountId, username, now);
        return {
          answer: NOTHING,
          subject: nameOf(before),
          details: { sessions: ended.length },
          publish(facts) {
            facts.publish('accountDeleted', { account: { id: accountId, username } });
            publishEnded(facts, ended);
          },
        };
      },

    setRole:
      ({ accountId, role }) =>
      async (store) => {
        const before = await accountOf(store, accountId);
        if (role === 'admin' && before.disabledAt !== null) {
          throw new AppError('account_disabled', 'This account is disabled: enable it first.');
        }
        if (role === 'member') {
          await assertAdminLeft(store, before);
          await store.invitations.revokeOf(accountId, Date.now());
        }
        await store.accounts.setRole(accountId, role);
        return changed(await accountOf(store, accountId), { role });
      },

    async resetPassword({ accountId }) {
      const password = oneTimePassword();
      const passwordHash = await hasher.hash(password, TURN);
      return async (store, actor) => {
        // Their session would end before they read it, and the old one is no more.
        if (actor?.id === accountId) {
          throw new AppError('forbidden', 'Change your own password in your account.');
        }
        const account = await accountOf(store, accountId);
        await store.accounts.setPasswordHash(accountId, passwordHash);
        const ended = await store.sessions.end({ accountId, except: null }, Date.now(), 'by_admin');
        return {
          answer: { password },
          subject: nameOf(account),
          details: { sessions: ended.length },
          publish: (facts) => publishEnded(facts, ended),
        };
      };
    },

    endSessions:
      ({ accountId, sessionId }) =>
      async (store) => {
        const account = await accountOf(store, accountId);
        const which = sessionId === undefined ? { accountId, except: null } : { accountId, id: sessionId };
        const ended = await store.sessions.end(which, Date.now(), 'by_admin');
        if (sessionId !== undefined && ended.length === 0) {
          throw new AppError('not_found', 'There is no such session, or it has ended.');
        }
        return {
          answer: { ended: ended.length },
          subject: nameOf(account),
          details: { sessions: ended.length },
          publish: (facts) => publishEnded(facts, ended),
        };
      },

    setRegistration:
      ({ registration }) =>
      async (store) => {
        await store.registration.set(registration);
        return { answer: { registration }, subject: null, details: { registration } };
      },

    createInvitation:
      ({ days }) =>
      async (store, actor) => {
        const createdAt = Date.now();
        const invitation: Invitation = {
          id: randomUUID(),
          state: 'open',
          createdAt,
          createdBy: actor?.name ?? null,
          expiresAt: createdAt + days * DAY_MS,
          usedBy: null,
        };
        const token = newToken();
        await store.invitations.add(invitation, hashToken(token), actor?.id ?? null);
        return { answer: { invitation, token }, subject: nameById(invitation.id), details: { days } };
      },

    revokeInvitation:
      ({ invitationId }) =>
      async (store) => {
        if (!(await store.invitations.revoke(invitationId, Date.now()))) {
          throw new AppError('not_found', 'There is no such invitation, or it is over.');
        }
        return { answer: NOTHING, subject: nameById(invitationId), details: {} };
      },

    closeReport:
      ({ reportId }) =>
      async (store, actor) => {
        if (!(await store.reports.close(reportId, actor?.id ?? null, Date.now()))) {
          throw new AppError('not_found', 'There is no such report, or it is closed.');
        }
        // Not by the name of who was reported: all admins read the log, and one of them may be that person.
        return { answer: NOTHING, subject: nameById(reportId), details: {} };
      },
  };

  function changed(account: AdminAccount, details: AuditDetails) {
    return {
      answer: { account },
      subject: nameOf(account),
      details,
      publish: (facts: Publisher) => facts.publish('accountChanged', { account }),
    };
  }
}

function publishEnded(facts: Publisher, sessionIds: readonly string[]): void {
  for (const sessionId of sessionIds) facts.publish('sessionEnded', { sessionId });
}

/** An invitation or a report has no name; the beginning of its id tells it from others. */
const nameById = (id: string): Named => ({ id, name: id.slice(0, 8) });

/** @throws {AppError} `last_admin` where this is the only admin who can sign in. */
async function assertAdminLeft({ accounts }: AdminStore, account: AdminAccount): Promise<void> {
  if (account.role !== 'admin' || account.disabledAt !== null) return;
  if ((await accounts.countAdmins()) > 1) return;
  throw new AppError('last_admin', 'This is the last admin: make someone else an admin first.');
}
