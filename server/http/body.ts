import type { Context } from 'koa';
import type { z } from 'zod';
import { wrongShape } from '../errors.ts';

/** The request's body, parsed. @throws {AppError} `invalid`. */
export function parseBody<S extends z.ZodType>(ctx: Context, schema: S): z.infer<S> {
  const parsed = schema.safeParse(ctx.request.body);
  if (!parsed.success) throw wrongShape('The request is not right', parsed.error);
  return parsed.data;
}
