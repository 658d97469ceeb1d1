import type Koa from 'koa';

/** What keeps the server from serving people. */
export type Hindrance = 'database' | 'media' | 'restarting';

export const HEALTH_PATHS = ['/healthz', '/readyz'];

/**
 * For who watches the server: `/healthz` tells that the process answers, `/readyz` whether people can be served. They
 * know no session, and tell nothing that a stranger may not know.
 */
export function serveHealth(hindrance: () => Promise<Hindrance | undefined>): Koa.Middleware {
  return async (ctx, next) => {
    const path = ctx.method === 'GET' || ctx.method === 'HEAD' ? ctx.path : '';
    if (!HEALTH_PATHS.includes(path)) {
      await next();
      return;
    }
    const found = path === '/readyz' ? await hindrance() : undefined;
    ctx.route = path;
    ctx.set('Cache-Control', 'no-store');
    ctx.status = found === undefined ? 200 : 503;
    ctx.body = found === undefined ? { status: 'ok' } : { status: 'unavailable', reason: found };
  };
}
