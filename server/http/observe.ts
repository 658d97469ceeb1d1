import type { ErrorCode } from '#protocol/errors';
import { randomUUID } from 'node:crypto';
import type Koa from 'koa';
import type { Logger } from '../logger.ts';

declare module 'koa' {
  interface DefaultContext {
    /** Under this a request stands in the log; the client is told it, and its own is not asked for. */
    requestId: string;
    /** The pattern of the route, where it is not the router that answers. */
    route?: string;
  }
}

/** Is told of every answer, to count it. */
export interface HttpObserver {
  /** `route` is a pattern, never a path: there are few. */
  served(route: string, method: string, status: number, seconds: number): void;
  /** The client was told this error. */
  failed(channel: 'http', code: ErrorCode): void;
}

/** Gives each request its id, and tells how it was answered. */
export function observe(observer: HttpObserver, logger: Logger): Koa.Middleware {
  return async (ctx, next) => {
    const began = performance.now();
    ctx.requestId = randomUUID();
    ctx.set('X-Request-Id', ctx.requestId);
    await next();
    const route = ctx.route ?? (typeof ctx['_matchedRoute'] === 'string' ? ctx['_matchedRoute'] : 'other');
    const { requestId, method, status } = ctx;
    observer.served(route, method, status, (performance.now() - began) / 1_000);
    logger.debug({ requestId, method, route, status }, 'a request was answered');
  };
}
