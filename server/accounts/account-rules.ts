import type { FieldProblem } from '#protocol/errors';
import { EMAIL_MAX, PASSWORD_MAX, PASSWORD_MIN } from '#protocol/limits';
import { comparisonKey } from '#protocol/rules';
import { codePoints } from '#protocol/text';
import { z } from 'zod';
import { isCommonPassword } from './common-passwords.ts';

/** Control, format, private, unassigned and half characters, and white space: what an address can hide behind. */
const UNSEEN = /[\p{C}\p{Z}]/u;
/** Characters of a password besides the username, below which it is the username in disguise. */
const PASSWORD_BESIDES_USERNAME = 6;
/** Different characters, below which a password is a pattern ("1111111111", "abababababab"). */
const PASSWORD_DIFFERENT_CHARACTERS = 4;

/** The form in which a password is hashed and compared (NIST SP 800-63B, 5.1.1.2: normalise with NFKC). */
export const normalisePassword = (password: string) => password.normalize('NFKC');

/** A username and an email address as they are kept. */
export const tidyNames = ({ username, email }: { username: string; email: string }) => ({
  username: username.trim().normalize('NFKC'),
  email: email.trim(),
});

/** What is wrong with an email address, if anything. */
export function emailProblem(email: string): FieldProblem | undefined {
  if (email === '') return 'required';
  if (email.length > EMAIL_MAX) return 'too_long';
  if (UNSEEN.test(email)) return 'not_an_email';
  return z.email({ pattern: z.regexes.unicodeEmail }).safeParse(email).success ? undefined : 'not_an_email';
}

/**
 * What is wrong with a new password, if anything: 10 to 128 characters of any script, none of the most
 * common ones, no bare pattern, and not the username with a little more.
 */
export function passwordProblem(password: string, username: string): FieldProblem | undefined {
  const text = normalisePassword(password);
  if (text === '') return 'required';
  if (codePoints(text) < PASSWORD_MIN) return 'too_short';
  if (codePoints(text) > PASSWORD_MAX) return 'too_long';
  const key = comparisonKey(text);
  if (isCommonPassword(key) || new Set(key).size < PASSWORD_DIFFERENT_CHARACTERS) return 'too_common';
  const name = comparisonKey(username);
  if (name !== '' && key.includes(name) && codePoints(key.replaceAll(name, '')) < PASSWORD_BESIDES_USERNAME) {
    return 'contains_username';
  }
  return undefined;
}
