import type { Context } from 'koa';
import type { z } from 'zod';
import { AppError } from '../errors.ts';

/** The request's body, parsed. @throws {AppError} `invalid`. */
export function parseBody<S extends z.ZodType>(ctx: Context, schema: S): z.infer<S> {
  const parsed = schema.safeParse(ctx.request.body);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new AppError(
      'invalid',
      `The request is not right${where === '' ? '' : ` at ${where.slice(0, 100)}`}.`,
    );
  }
  return parsed.data;
}
