import { ensurePackages, findProgram } from './support/apt.ts';
import type { Say } from './support/setup-error.ts';

/** The programs that the network lab runs, by the Debian package that brings each. */
const TOOLS = { iproute2: 'ip', nftables: 'nft', gcc: 'gcc' } as const;

/**
 * The tools of the network lab in test/lab. Without root there is no lab, and
 * its tests say themselves that they are skipped. Throws a SetupError where
 * root lacks one that cannot be installed.
 */
export async function ensureLabTools(say: Say): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const found = await Promise.all(Object.values(TOOLS).map(findProgram));
  if (found.every(Boolean)) return;
  // gcc alone brings no headers.
  await ensurePackages([...Object.keys(TOOLS), 'libc6-dev'], 'The network lab in test/lab', say);
}
