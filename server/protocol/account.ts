import { z } from 'zod';
import { id, time } from './common.ts';

/**
 * The bodies of the account's HTTP requests. Only types and generous sizes are told here; what a good
 * username or password is, is a rule of `accounts/` and answered field by field.
 */
const field = z.string().max(1024);

/** Who may sign up: everyone, who has an invitation, or nobody. */
export const registrationMode = z.enum(['open', 'invitation', 'closed']);
export type RegistrationMode = z.infer<typeof registrationMode>;

export const signUp = z.strictObject({
  username: field,
  email: field,
  password: field,
  passwordRepeat: field,
  /** The token of an invitation's link. */
  invitation: field.optional(),
});
export type SignUp = z.infer<typeof signUp>;

export const signIn = z.strictObject({
  /** A username, or an email address. */
  username: field,
  password: field,
});
export type SignIn = z.infer<typeof signIn>;

export const changePassword = z.strictObject({
  currentPassword: field,
  password: field,
  passwordRepeat: field,
});
export type ChangePassword = z.infer<typeof changePassword>;

export const changeEmail = z.strictObject({
  currentPassword: field,
  email: field,
});
export type ChangeEmail = z.infer<typeof changeEmail>;

/** The signed-in account, as its owner sees it. */
export const self = z.strictObject({
  id,
  username: z.string(),
  email: z.string(),
  role: z.enum(['admin', 'member']),
});
export type Self = z.infer<typeof self>;

/** Who has come in. */
export const currentSession = z.strictObject({ account: self.nullable() });
export type CurrentSession = z.infer<typeof currentSession>;

/** Who ended a session that the person did not sign out of: the account from another session, its new password, or an admin. */
export const sessionEnd = z.enum(['elsewhere', 'password_changed', 'by_admin']);
export type SessionEnd = z.infer<typeof sessionEnd>;

/** `GET /api/session`: who am I, and who may sign up? */
export const whoAmI = z.strictObject({
  account: self.nullable(),
  registration: registrationMode,
  /** Why the session of this cookie is over. Null where it lives, expired, was signed out of, or never was. */
  ended: sessionEnd.nullable(),
});
export type WhoAmI = z.infer<typeof whoAmI>;

/** The signed-in account has changed while it was connected: an admin has given it another role. */
export const selfChanged = z.strictObject({ self });
export type SelfChanged = z.infer<typeof selfChanged>;

/** Another session of the account has changed its email address. */
export const emailChanged = z.strictObject({ email: z.string() });

/** One sign-in of the account, as its owner sees it. */
export const sessionInfo = z.strictObject({
  id,
  current: z.boolean(),
  userAgent: z.string(),
  address: z.string(),
  createdAt: time,
  lastSeenAt: time,
});
export type SessionInfo = z.infer<typeof sessionInfo>;

export const sessionList = z.strictObject({ sessions: z.array(sessionInfo) });
export type SessionList = z.infer<typeof sessionList>;
