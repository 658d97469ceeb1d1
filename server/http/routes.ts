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
import { pageError } from '#protocol/page-errors';
import type { Context } from 'koa';
import { presentSelf, type AccountService } from '../accounts/account-service.ts';
import type { Account } from '../accounts/account.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import type { Registration } from '../accounts/registration.ts';
import type { AdminService } from '../admin/admin-service.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { SessionCookie } from '../sessions/cookie.ts';
import type { SessionService } from '../sessions/session-service.ts';
import { parseBody } from './body.ts';
import { DeviceCookie } from './device-cookie.ts';
import type { PageErrors } from './page-errors.ts';
import { identityOf, requireIdentity, signInAs } from './session-store.ts';

interface Services {
  accounts: AccountService;
  registration: Registration;
  admin: AdminService;
  sessions: SessionService;
  cookie: SessionCookie;
  devices: KnownDevices;
  pageErrors: PageErrors;
  logger: Logger;
}

/** Characters of a browser's name for itself in the log. */
const USER_AGENT_MAX = 300;

/** The HTTP interface: accounts, sessions and what admins do. All else goes over the WebSocket. */
export function createRoutes({
  accounts,
  registration,
  admin,
  sessions,
  cookie,
  devices,
  pageErrors,
  logger,
}: Services): Router {
  const router = new Router({ prefix: '/api' });
  const deviceCookie = new DeviceCookie(cookie.scope);

  router.get('/session', async (ctx) => {
    const identity = identityOf(ctx);
    const account = identity && presentSelf(await accounts.get(identity.accountId));
    const mode = await registration.mode();
    const ended = identity ? null : await sessions.whyEnded(cookie.read(ctx.req));
    ctx.body = { account: account ?? null, registration: mode, ended } satisfies WhoAmI;
  });

  router.post('/account', async (ctx) => {
    const form = parseBody(ctx, signUp);
    const account = await accounts.signUp(form, deviceCookie.clientOf(ctx));
    await enter(ctx, account);
    logger.info({ requestId: ctx.requestId, accountId: account.id }, 'signed up');
    ctx.status = 201;
    ctx.body = { account: presentSelf(account) } satisfies CurrentSession;
  });

  router.post('/session', async (ctx) => {
    const form = parseBody(ctx, signIn);
    const { requestId, ip } = ctx;
    const account = await accounts.authenticate(form, deviceCookie.clientOf(ctx)).catch((error: unknown) => {
      // Not the name: a password may stand there by mistake.
      if (error instanceof AppError) logger.info({ requestId, ip, code: error.code }, 'sign-in refused');
      throw error;
    });
    await enter(ctx, account);
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
    await accounts.changePassword(identity, form);
    logger.info({ requestId: ctx.requestId, accountId }, 'password changed');
    ctx.status = 204;
  });

  router.put('/account/email', async (ctx) => {
    const identity = requireIdentity(ctx);
    const form = parseBody(ctx, changeEmail);
    const account = await accounts.changeEmail(identity, form);
    logger.info({ requestId: ctx.requestId, accountId: account.id }, 'email address changed');
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

  // Without a session, too: a page can fail before anybody is signed in.
  router.post('/page-errors', (ctx) => {
    const error = parseBody(ctx, pageError);
    const accountId = identityOf(ctx)?.accountId;
    const userAgent = ctx.get('user-agent').slice(0, USER_AGENT_MAX);
    pageErrors.record(error, { requestId: ctx.requestId, accountId, address: ctx.ip, userAgent });
    ctx.status = 204;
  });

  router.post('/admin/:method', async (ctx) => {
    const identity = requireIdentity(ctx);
    ctx.body = await admin.run({ type: 'account', identity }, ctx.params['method'] ?? '', ctx.request.body);
  });

  return router;

  /** Begins the session, and knows the device from then on. */
  async function enter(ctx: Context, account: Account): Promise<void> {
    const { deviceKey } = deviceCookie.clientOf(ctx);
    await signInAs(ctx, account);
    deviceCookie.keep(ctx, await devices.remember(account.id, deviceKey));
  }
}
