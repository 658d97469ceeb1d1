import { readFileSync } from 'node:fs';

/**
 * The most common passwords of ten characters or more (shorter ones are refused anyway), from the list
 * of zxcvbn-ts (MIT licence), lower case, one a line.
 */
const COMMON = new Set(
  readFileSync(new URL('./common-passwords.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean),
);

/** Whether a password, in its comparison form, is one of the most common. */
export function isCommonPassword(key: string): boolean {
  return COMMON.has(key);
}
