import type Koa from 'koa';
import { AppError, internalError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { HttpObserver } from './observe.ts';

/** The one place where an error becomes an HTTP answer. */
export function handleErrors(logger: Logger, observer: HttpObserver): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const { method, path, requestId } = ctx;
      const told = toAppError(error, requestId);
      if (told.code === 'internal') logger.error({ requestId, method, path, err: error }, 'a request failed');
      observer.failed('http', told.code);
      ctx.status = told.status;
      if (told.details.retryAfter !== undefined) ctx.set('Retry-After', String(told.details.retryAfter));
      ctx.body = told.toBody();
    }
  };
}

/** Whatever no route has answered. */
export const unknownAddress: Koa.Middleware = (ctx) => {
  if (ctx.status === 404 && ctx.body === undefined)
    throw new AppError('not_found', 'There is nothing at this address.');
};

/** Whatever a body cannot be read for is in the body, also where the reader's own error has no status (zlib's). */
export function refuseBody(error: Error): never {
  const told = toAppError(error);
  throw told.code === 'internal' ? unreadable() : told;
}

const unreadable = () => new AppError('invalid', 'The request cannot be read.');

/** koa's own libraries throw errors with a status: a body too large, or one that is no JSON. */
function toAppError(error: unknown, requestId?: string): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && 'status' in error) {
    if (error.status === 413) return new AppError('too_large', 'The request is too large.');
    if (typeof error.status === 'number' && error.status >= 400 && error.status < 500) return unreadable();
  }
  return internalError(requestId);
}
