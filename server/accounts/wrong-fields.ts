import type { FieldProblem } from '#protocol/errors';
import { AppError } from '../errors.ts';

/** @throws {AppError} `invalid` where a field has a problem. */
export function refuse(problems: Record<string, FieldProblem | undefined>): void {
  const fields: Record<string, FieldProblem> = {};
  for (const [field, problem] of Object.entries(problems)) {
    if (problem !== undefined) fields[field] = problem;
  }
  if (Object.keys(fields).length > 0) throw wrongFields(fields);
}

export const wrongFields = (fields: Record<string, FieldProblem>) =>
  new AppError('invalid', 'Some fields are not right yet.', { fields });

/** What another account has already: this username, one that looks like it, or this email address. */
export type Taken = 'username' | 'lookalike' | 'email';

export function takenField(taken: Taken): AppError {
  return taken === 'lookalike' ? wrongFields({ username: 'looks_alike' }) : wrongFields({ [taken]: 'taken' });
}
