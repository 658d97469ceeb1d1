import { homedir } from 'node:os';
import { join } from 'node:path';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** A package's program in our node_modules, by its file: npx would cost half a second. */
export function packageFile(...path: readonly string[]): string {
  return join(ROOT, 'node_modules', ...path);
}

/** What is made once a machine and outlives the checkout. */
export function cacheFolder(...path: readonly string[]): string {
  const { XDG_CACHE_HOME: given } = process.env;
  // Empty means unset, by the XDG specification.
  const isGiven = given !== undefined && given !== '';
  return join(isGiven ? given : join(homedir(), '.cache'), 'chataway', ...path);
}
