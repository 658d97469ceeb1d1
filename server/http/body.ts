import { bodyParser } from '@koa/bodyparser';
import type { Context, Middleware } from 'koa';
import type { z } from 'zod';
import { AppError, wrongShape } from '../errors.ts';
import { refuseBody } from './errors.ts';

const BODY_MAX = '16kb';

/** How long a client may take to send a request's body, in milliseconds. */
export const BODY_WITHIN_MS = 10_000;

/**
 * Reads and parses the request's body, within a bounded time. It comes before the session is loaded: a client that
 * holds its body back would otherwise keep the rights of a session that has ended meanwhile.
 *
 * @throws {AppError} `invalid`, `too_large`, `too_slow`.
 */
export function readBody(within: number): Middleware {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: BODY_MAX,
    parsedMethods: ['POST', 'PUT'],
    onError: refuseBody,
  });
  return async (ctx, next) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        // The rest of the body is not read, so the connection cannot be used again.
        ctx.set('Connection', 'close');
        reject(new AppError('too_slow', 'The request took too long to arrive. Try again.'));
      }, within);
    });
    try {
      await Promise.race([parse(ctx, () => Promise.resolve()), late]);
    } finally {
      clearTimeout(timer);
    }
    await next();
  };
}

/** The request's body, parsed. @throws {AppError} `invalid`. */
export function parseBody<S extends z.ZodType>(ctx: Context, schema: S): z.infer<S> {
  const parsed = schema.safeParse(ctx.request.body);
  if (!parsed.success) throw wrongShape('The request is not right', parsed.error);
  return parsed.data;
}
