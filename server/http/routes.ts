import Router from '@koa/router';
import {
  changeEmail,
  changePassword,
  signIn,
  signUp,
  type CurrentSession,
  type SessionList,
  type WhoAmI,
} from '#protocol/account';
import { id } from '#protocol/common';
import { presentSelf, type AccountService } from '../accounts/account-service.ts';
import type { Registration } from '../accounts/registration.ts';
import type { AdminService } from '../admin/admin-service.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { SessionService } from '../sessions/session-service.ts';
import { parseBody } from './body.ts';
import { networkOf } from './client-network.ts';
import { identityOf, requireIdentity, signInAs } from './session-store.ts';
import type { SignInLimits } from './sign-in-limits.ts';

interface Services {
  accounts: AccountService;
  registration: Registration;
  admin: AdminService;
  sessions: SessionService;
  limits: SignInLimits;
  logger: Logger;
}

/** The HTTP interface: accounts, sessions and what admins do. All else goes over the WebSocket. */
export function createRoutes({ accounts, registration, admin, sessions, limits, logger }: Services): Router {
  const router = new Router({ prefix: '/api' });

  router.get('/session', async (ctx) => {
    const identity = identityOf(ctx);
    const account = identity && presentSelf(await accounts.get(identity.accountId));
    const mode = await registration.mode();
    ctx.body = { account: account ?? null, registration: mode } satisfies WhoAmI;
  });

  router.post('/account', async (ctx) => {
    const form = parseBody(ctx, signUp);
    const account = await limits.guardSignUp(networkOf(ctx.ip), () => accounts.signUp(form));
    await signInAs(ctx, account);
    logger.info({ requestId: ctx.requestId, accountId: account.id }, 'signed up');
    ctx.status = 201;
    ctx.body = { account: presentSelf(account) } satisfies CurrentSession;
  });

  router.post('/session', async (ctx) => {
    const form = parseBody(ctx, signIn);
    const { requestId, ip } = ctx;
    const account = await limits
      .guard(form.username, networkOf(ip), () => accounts.authenticate(form))
      .catch((error: unknown) => {
        // Not the name: a password may stand there by mistake.
        if (error instanceof AppError) logger.info({ requestId, ip, code: error.code }, 'sign-in refused');
        throw error;
      });
    await signInAs(ctx, account);
    logger.info({ requestId, accountId: account.id }, 'signed in');
    ctx.body = { account: presentSelf(account) } satisfies CurrentSession;
  });

  router.delete('/session', (ctx) => {
    const identity = identityOf(ctx);
    if (identity) logger.info({ requestId: ctx.requestId, accountId: identity.accountId }, 'signed out');
    ctx.session = null;
    ctx.status = 204;
  });

  router.put('/account/password', async (ctx) => {
    const identity = requireIdentity(ctx);
    const { accountId } = identity;
    const form = parseBody(ctx, changePassword);
    const { username } = await accounts.get(accountId);
    const ended = await limits.guard(username, networkOf(ctx.ip), () =>
      accounts.changePassword(identity, form),
    );
    sessions.tellEnded(ended);
    logger.info({ requestId: ctx.requestId, accountId }, 'password changed');
    ctx.status = 204;
  });

  router.put('/account/email', async (ctx) => {
    const identity = requireIdentity(ctx);
    const form = parseBody(ctx, changeEmail);
    const { username } = await accounts.get(identity.accountId);
    const account = await limits.guard(username, networkOf(ctx.ip), () =>
      accounts.changeEmail(identity, form),
    );
    ctx.body = { account: presentSelf(account) } satisfies CurrentSession;
  });

  router.get('/sessions', async (ctx) => {
    ctx.body = { sessions: await sessions.list(requireIdentity(ctx)) } satisfies SessionList;
  });

  router.delete('/sessions', async (ctx) => {
    const identity = requireIdentity(ctx);
    await sessions.endBy(identity, { except: identity.sessionId });
    ctx.status = 204;
  });

  router.delete('/sessions/:id', async (ctx) => {
    const identity = requireIdentity(ctx);
    const sessionId = id.safeParse(ctx.params['id']);
    if (!sessionId.success) throw new AppError('not_found', 'There is no such session.');
    await sessions.endBy(identity, { id: sessionId.data });
    ctx.status = 204;
  });

  router.post('/admin/:method', async (ctx) => {
    const identity = requireIdentity(ctx);
    ctx.body = await admin.run({ type: 'account', identity }, ctx.params['method'] ?? '', ctx.request.body);
  });

  return router;
}
