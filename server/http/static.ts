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
    if ((ctx.method !== 'GET' && ctx.method !== 'HEAD') || ctx.path.startsWith('/api/')) return next();
    let missed = false;
    // sirv writes the response itself where it has the file.
    ctx.respond = false;
    serve(ctx.req, ctx.res, () => {
      missed = true;
    });
    if (!missed) return;
    ctx.respond = true;
    await next();
  };
}
