import type { Context } from 'koa';
import { z } from 'zod';
import type { Account } from '../accounts/account.ts';
import { notSignedIn, type Identity } from '../sessions/session.ts';
import type { Proof, SessionService } from '../sessions/session-service.ts';

declare module 'koa' {
  interface DefaultState {
    /** Where a request signs in: here, for koa-session prints what it keeps where it is debugged. */
    proof?: Proof;
  }
  interface DefaultContext {
    /** koa-session's; its own types leave it out. Setting null ends the session. */
    get session(): { toJSON(): object; regenerate(): Promise<void> } | null;
    set session(value: object | null);
  }
}

/** What koa-session has for us to keep, with its own note on expiry. */
const stored = z.object({ accountId: z.string().optional(), _expire: z.number().optional() });

const identity = z.object({ accountId: z.string(), sessionId: z.string() });

/**
 * koa-session's store on our sessions. Its trap is closed below it: a row that has ended is never written
 * again (`SessionRepository`). A session without an account is not kept at all.
 */
export function createSessionStore(sessions: SessionService) {
  return {
    async get(key: string): Promise<object | undefined> {
      const session = await sessions.find(key);
      return session && { accountId: session.accountId, sessionId: session.id, _expire: session.expiresAt };
    },

    async set(key: string, data: unknown, maxAge: number, { ctx }: { ctx?: Context }): Promise<void> {
      const { accountId, _expire } = stored.parse(data);
      if (accountId === undefined || ctx === undefined) return;
      const expiresAt = _expire ?? Date.now() + maxAge;
      const { proof } = ctx.state;
      if (!proof) return sessions.extend(key, expiresAt);
      const origin = { userAgent: ctx.get('user-agent'), address: ctx.ip };
      await sessions.begin(key, proof, expiresAt, origin);
    },

    async destroy(key: string): Promise<void> {
      await sessions.end({ key });
    },
  };
}

/** Who is signed in, if anyone. */
export function identityOf(ctx: Context): Identity | undefined {
  return identity.safeParse(ctx.session?.toJSON()).data;
}

/** @throws {AppError} `not_signed_in`. */
export function requireIdentity(ctx: Context): Identity {
  const found = identityOf(ctx);
  if (found === undefined) throw notSignedIn();
  return found;
}

/**
 * Signs the account in under a new key. The old one is ended: otherwise a cookie that someone planted before
 * would be theirs and the account's (session fixation, OWASP).
 *
 * @throws {AppError} `wrong_credentials` where the password was changed since it was looked at.
 */
export async function signInAs(ctx: Context, { id, passwordHash }: Account): Promise<void> {
  ctx.state.proof = { accountId: id, passwordHash };
  ctx.session = { accountId: id };
  await ctx.session?.regenerate();
}
