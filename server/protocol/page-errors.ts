import { z } from 'zod';
import { PAGE_ERROR_MESSAGE_MAX, PAGE_ERROR_STACK_MAX } from './limits.ts';

/** An exception that a page did not expect: a mistake in the client's code, or a browser that lacks something. */
export const pageError = z.strictObject({
  /** The error's class, such as `TypeError`. */
  name: z.string().max(100),
  message: z.string().max(PAGE_ERROR_MESSAGE_MAX),
  stack: z.string().max(PAGE_ERROR_STACK_MAX),
});
export type PageError = z.infer<typeof pageError>;
