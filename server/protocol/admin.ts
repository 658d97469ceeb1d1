import { z } from 'zod';
import { registrationMode, self, sessionInfo } from './account.ts';
import { id, nothing, pageEnd, time } from './common.ts';
import { INVITATION_DAYS_MAX, SEARCH_MAX } from './limits.ts';

/**
 * What may be done to the service: by an admin over HTTP, by the operator over the control socket. Each method has the
 * schema of its data and of its answer here, its rule and its handler in `admin/`.
 */

const role = self.shape.role;
export type Role = z.infer<typeof role>;

/** Sizes only; what a good name is, is a rule of `accounts/`. */
const field = z.string().max(1024);

/** An account as admins see it. Deleted ones are in no list. */
export const adminAccount = z.strictObject({
  id,
  username: z.string(),
  email: z.string(),
  role,
  createdAt: time,
  disabledAt: time.nullable(),
  /** How many live sessions it has. */
  sessions: z.int().nonnegative(),
  /** When one of them was last in use. */
  lastSeenAt: time.nullable(),
});
export type AdminAccount = z.infer<typeof adminAccount>;

const oneAccount = z.strictObject({ account: adminAccount });
const namesAccount = z.strictObject({ accountId: id });

/** Someone or something as it was called when it happened. */
const named = z.strictObject({ id, name: z.string() });
export type Named = z.infer<typeof named>;

export const invitationState = z.enum(['open', 'used', 'expired', 'revoked']);
export type InvitationState = z.infer<typeof invitationState>;

export const invitation = z.strictObject({
  id,
  state: invitationState,
  createdAt: time,
  /** Null where the operator made it at the command line. */
  createdBy: z.string().nullable(),
  expiresAt: time,
  usedBy: z.string().nullable(),
});
export type Invitation = z.infer<typeof invitation>;

/** What an entry tells beside who, what, whom and when. Never a secret. */
export const auditDetails = z.strictObject({
  role: role.optional(),
  registration: registrationMode.optional(),
  /** For how many days an invitation is good. */
  days: z.int().optional(),
  /** How many sessions were ended. */
  sessions: z.int().optional(),
  /** The name of the backup that was restored. */
  backup: z.string().optional(),
});
export type AuditDetails = z.infer<typeof auditDetails>;

export const auditEntry = z.strictObject({
  id: z.int().positive(),
  at: time,
  /** Null is the operator, at the command line. */
  actor: named.nullable(),
  /** The name of the method. */
  action: z.string(),
  /** The account, invitation or report that it was about. */
  subject: named.nullable(),
  details: auditDetails,
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** What someone has reported to the admins: the messages that they chose, as those were, and nothing else. */
export const adminReport = z.strictObject({
  id,
  createdAt: time,
  /** Null where their account was deleted since. */
  reporter: named.nullable(),
  reported: named,
  note: z.string(),
  messages: z.array(z.strictObject({ text: z.string(), sentAt: time })),
  /** Null while it is open. It was closed by an admin, or (null) by the operator. */
  closed: z.strictObject({ at: time, by: z.string().nullable() }).nullable(),
});
export type AdminReport = z.infer<typeof adminReport>;

/** Who may sign up now. */
const registration = z.strictObject({ registration: registrationMode });

/** A password that is told this once; the server keeps its hash. */
const password = z.string();

/** Methods that change nothing. */
export const questions = {
  /** A page of 50, by name; `after` is the last username of the page before. */
  listAccounts: {
    data: z.strictObject({
      /** Part of a name or an address, whatever the case. */
      search: z.string().max(SEARCH_MAX),
      after: field.optional(),
    }),
    answer: z.strictObject({ accounts: z.array(adminAccount), more: z.boolean() }),
  },
  /** By username or email address. */
  findAccount: { data: z.strictObject({ name: field }), answer: oneAccount },
  listSessions: {
    data: namesAccount,
    answer: z.strictObject({ sessions: z.array(sessionInfo.omit({ current: true })) }),
  },
  getRegistration: { data: nothing, answer: registration },
  /** A page of 50, the latest first. */
  listInvitations: {
    data: z.strictObject({ before: pageEnd.optional() }),
    answer: z.strictObject({ invitations: z.array(invitation), more: z.boolean() }),
  },
  /** A page of 10, the latest first. An admin does not see reports about themselves. */
  listReports: {
    data: z.strictObject({ closed: z.boolean(), before: pageEnd.optional() }),
    answer: z.strictObject({ reports: z.array(adminReport), more: z.boolean() }),
  },
  /** How many reports are open. */
  countReports: { data: nothing, answer: z.strictObject({ open: z.int().nonnegative() }) },
  /** A page of 50, the latest first; `before` is the id of the last entry of the page before. */
  listAudit: {
    data: z.strictObject({ before: z.int().positive().optional() }),
    answer: z.strictObject({ entries: z.array(auditEntry), more: z.boolean() }),
  },
} as const;

/** Methods that change something: each leaves an entry in the audit log, in the transaction that changes it. */
export const changes = {
  /** The password is made by the server, and told in the answer alone. */
  createAccount: {
    data: z.strictObject({ username: field, email: field, role }),
    answer: z.strictObject({ account: adminAccount, password }),
  },
  disableAccount: { data: namesAccount, answer: oneAccount },
  enableAccount: { data: namesAccount, answer: oneAccount },
  deleteAccount: { data: namesAccount, answer: nothing },
  setRole: { data: z.strictObject({ accountId: id, role }), answer: oneAccount },
  /** A new password, told in the answer alone; all sessions of the account end. */
  resetPassword: { data: namesAccount, answer: z.strictObject({ password }) },
  /** One session of an account, or all. */
  endSessions: {
    data: z.strictObject({ accountId: id, sessionId: id.optional() }),
    answer: z.strictObject({ ended: z.int().nonnegative() }),
  },
  setRegistration: { data: registration, answer: registration },
  /** The token, which the link carries, is told in the answer alone. */
  createInvitation: {
    data: z.strictObject({ days: z.int().min(1).max(INVITATION_DAYS_MAX) }),
    answer: z.strictObject({ invitation, token: z.string() }),
  },
  revokeInvitation: { data: z.strictObject({ invitationId: id }), answer: nothing },
  /** It stays, as closed. */
  closeReport: { data: z.strictObject({ reportId: id }), answer: nothing },
} as const;

export const adminMethods = { ...questions, ...changes } as const;

export type Question = keyof typeof questions;
export type Change = keyof typeof changes;
export type AdminMethod = keyof typeof adminMethods;
export type AdminData<M extends AdminMethod> = z.infer<(typeof adminMethods)[M]['data']>;
export type AdminAnswer<M extends AdminMethod> = z.infer<(typeof adminMethods)[M]['answer']>;
