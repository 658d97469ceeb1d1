import type Koa from 'koa';
import { existsSync } from 'node:fs';
import sirv from 'sirv';

const YEAR_S = 365 * 24 * 60 * 60;

/**
 * The built client, compressed when it was built. What has a hash in its name never changes; the page itself
 * is asked for anew, and stands behind every address that is not the interface's.
 */
export function serveClient(folder: string): Koa.Middleware {
  // In development another server builds and serves it.
  if (!existsSync(folder)) return (_ctx, next) => next();
  const serve = sirv(folder, {
    brotli: true,
    gzip: true,
    etag: true,
    single: true,
    ignores: [/^\/api(\/|$)/, /^\/assets\//],
    setHeaders(response, path) {
      const immutable = path.startsWith('/assets/');
      response.setHeader('Cache-Control', immutable ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
    },
  });
  return async (ctx, next) => {
    const safe = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (!safe || ctx.path.startsWith('/api/') || isMissing(ctx)) await next();
  };

  /** sirv writes the response itself where it has the file, and calls back where it has none. */
  function isMissing(ctx: Koa.Context): boolean {
    ctx.respond = false;
    serve(ctx.req, ctx.res, () => {
      ctx.respond = true;
    });
    return ctx.respond;
  }
}
