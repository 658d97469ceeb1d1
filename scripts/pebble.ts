import { ensurePackages, findProgram } from './support/apt.ts';
import type { Say } from './support/setup-error.ts';

/**
 * Pebble, Let's Encrypt's own small authority, against which obtaining certificates is tested. Without root and
 * without it those tests say themselves that they are skipped. Throws a SetupError where root lacks it and it
 * cannot be installed.
 */
export async function ensurePebble(say: Say): Promise<void> {
  if (process.getuid?.() !== 0 || (await findProgram('pebble')) !== undefined) return;
  await ensurePackages(['pebble'], 'The test of certificates by ACME', say);
}
