import type { ZodError } from 'zod';
import { ERROR_STATUS, type ErrorBody, type ErrorCode, type FieldProblem } from '#protocol/errors';

/** What an `AppError` may carry besides its code. */
interface Details {
  /** For forms: what is wrong with which field. */
  fields?: Record<string, FieldProblem>;
  /** For `rate_limited`, `overloaded` and `restarting`: seconds until another try may succeed. */
  retryAfter?: number;
  /** For `internal`: under which id the log has the rest. */
  requestId?: string;
}

/**
 * An error that the client is told: a stable code, and words that say what to do. Anything else that is
 * thrown is a fault of ours; the client sees `internal`, and the log sees the rest.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: Details;

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }

  /** The HTTP status that this error travels under. */
  get status(): number {
    return ERROR_STATUS[this.code];
  }

  /** What both edges send. */
  toBody(): ErrorBody {
    return { error: { code: this.code, message: this.message, ...this.details } };
  }
}

/** What is told of what must not begin any more. */
export const restartingError = () =>
  new AppError('restarting', 'The server is restarting; try again in a moment.', { retryAfter: 2 });

/** Someone wants to write to, or call, a person whom they have blocked. */
export const youBlocked = () =>
  new AppError('you_blocked', 'You have blocked this person. Unblock them first.');

/** What was sent has not the shape that its schema asks for: the words, and where it begins to be wrong. */
export function wrongShape(words: string, { issues }: Pick<ZodError, 'issues'>): AppError {
  const where = issues[0]?.path.join('.') ?? '';
  return new AppError('invalid', `${words}${where === '' ? '' : ` at ${where.slice(0, 100)}`}.`);
}

/** What is told of a fault of ours: nothing but where the operator finds it. */
export const internalError = (requestId?: string) =>
  new AppError(
    'internal',
    'Something went wrong on the server. Please try again.',
    requestId === undefined ? {} : { requestId },
  );
