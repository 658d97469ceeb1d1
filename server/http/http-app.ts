import type { IncomingMessage } from 'node:http';
import Koa from 'koa';
import helmet from 'koa-helmet';
import { createSession } from 'koa-session';
import type { AccountService } from '../accounts/account-service.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import { restartingError } from '../errors.ts';
import type { Registration } from '../accounts/registration.ts';
import type { AdminService } from '../admin/admin-service.ts';
import type { BasePath } from '../base-path.ts';
import type { Logger } from '../logger.ts';
import type { SessionCookie } from '../sessions/cookie.ts';
import { assertOneHost, type OriginPolicy } from '../sessions/origin-policy.ts';
import type { SessionService } from '../sessions/session-service.ts';
import { BODY_WITHIN_MS, readBody } from './body.ts';
import { handleErrors, unknownAddress } from './errors.ts';
import { serveHealth, type Hindrance } from './health.ts';
import { serveMetrics, type Measurements } from './metrics-page.ts';
import { observe, type HttpObserver } from './observe.ts';
import { PageErrors } from './page-errors.ts';
import { createRoutes } from './routes.ts';
import { createSessionStore } from './session-store.ts';
import type { BuiltClient } from './static.ts';

interface Options {
  accounts: AccountService;
  registration: Registration;
  admin: AdminService;
  sessions: SessionService;
  devices: KnownDevices;
  cookie: SessionCookie;
  originPolicy: OriginPolicy;
  basePath: BasePath;
  client: BuiltClient;
  /** How long a client may take to send a request's body, in milliseconds. */
  bodyWithin?: number | undefined;
  /** The address that a request came from, behind whatever proxies there are. */
  clientOf: (request: IncomingMessage) => string;
  /** What keeps the server from serving, if anything does. */
  hindrance: () => Promise<Hindrance | undefined>;
  /** Whether the server is about to stop. */
  restarting: () => boolean;
  measurements: Measurements;
  metricsToken: string | undefined;
  observer: HttpObserver;
  rateLimitFactor: number;
  logger: Logger;
}

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** The Koa application: security headers, the client's files, the session, the routes. */
export function createHttpApp(options: Options): Koa {
  const {
    accounts,
    registration,
    admin,
    sessions,
    devices,
    cookie,
    originPolicy,
    basePath,
    client,
    clientOf,
    logger,
    observer,
    measurements,
    metricsToken: token,
  } = options;
  const app = new Koa();
  app.keys = cookie.keys;
  // What comes here is a connection that broke, or bytes that were no HTTP; koa alone would print it as it is.
  app.on('error', (error: unknown) => logger.debug({ err: error }, 'a connection failed'));

  app.use(async (ctx, next) => {
    ctx.request.ip = clientOf(ctx.req);
    await next();
  });
  app.use(observe(observer, logger));
  app.use(handleErrors(logger, observer));
  app.use(securityHeaders({ secure: cookie.scope.secure, ownHost: basePath.path === '' }));
  app.use(async (ctx, next) => {
    assertOneHost(ctx.req);
    await next();
  });
  app.use(serveHealth(options.hindrance));
  app.use(addSlash(basePath));
  app.use(client.serve);
  app.use(refuseWhen(options.restarting));
  app.use(async (ctx, next) => {
    if (!SAFE_METHODS.includes(ctx.method)) originPolicy.assertOwn(ctx.req, { required: false });
    ctx.set('Cache-Control', 'no-store');
    // Behind a proxy that ends TLS the connection is plain, and the cookie is Secure all the same.
    ctx.cookies.secure = cookie.scope.secure;
    await next();
  });
  app.use(readBody(options.bodyWithin ?? BODY_WITHIN_MS));
  app.use(
    createSession(
      {
        key: cookie.name,
        store: createSessionStore(sessions),
        genid: () => sessions.newKey(),
        maxAge: MONTH_MS,
        renew: true,
        httpOnly: true,
        sameSite: 'lax',
        // koa-session passes the path on, which its types leave out.
        ...cookie.scope.attributes,
        signed: true,
      },
      app,
    ),
  );
  app.use(serveMetrics({ measurements, accounts, token }));
  const pageErrors = new PageErrors({ logger, factor: options.rateLimitFactor });
  const routes = createRoutes({
    accounts,
    registration,
    admin,
    sessions,
    cookie,
    devices,
    pageErrors,
    logger,
  });
  app.use(routes.routes());
  app.use(unknownAddress);
  return app;
}

/** Nothing new begins in a server that is about to stop, and no connection waits for more. */
function refuseWhen(restarting: () => boolean): Koa.Middleware {
  return async (ctx, next) => {
    if (restarting()) {
      ctx.set('Connection', 'close');
      throw restartingError();
    }
    await next();
  };
}

/** Leads people who leave out the slash behind the base path to the page. */
function addSlash({ path, root }: BasePath): Koa.Middleware {
  return async (ctx, next) => {
    if (path === '' || ctx.path !== path || !SAFE_METHODS.includes(ctx.method)) {
      await next();
      return;
    }
    ctx.route = 'client';
    ctx.redirect(root + ctx.search);
  };
}

/** Nothing from elsewhere is ever loaded, and nobody may frame the page. */
function securityHeaders({ secure, ownHost }: { secure: boolean; ownHost: boolean }): Koa.Middleware {
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // Svelte sets single styles; a style can run nothing.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:', 'mediastream:'],
        objectSrc: ["'none'"],
        // The page names its base path.
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        // No text becomes HTML or a script, but for Svelte's templates, which the build has made.
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ['svelte-trusted-html'],
      },
    },
    // Over plain HTTP (localhost, a home network) it would only break the page. It is of this name alone: the names
    // below it are others' business, as are the other pages of a host that is shared.
    hsts: secure && ownHost && { includeSubDomains: false },
    originAgentCluster: secure,
    crossOriginOpenerPolicy: secure,
  });
  return async (ctx, next) => {
    ctx.set('Permissions-Policy', 'camera=(self), microphone=(self), display-capture=(self), geolocation=()');
    await protect(ctx, next);
  };
}
