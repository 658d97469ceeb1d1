import { findProgram } from './support/apt.ts';
import { ensureWithoutService } from './support/service.ts';
import type { Say } from './support/setup-error.ts';

/**
 * nginx, behind which a server below a path is tested. Without root and without nginx those tests say themselves that they
 * are skipped. Throws a SetupError where root lacks it and it cannot be installed.
 */
export async function ensureNginx(say: Say): Promise<void> {
  if (process.getuid?.() !== 0 || (await findProgram('nginx')) !== undefined) return;
  const purpose = 'The test behind nginx';
  await ensureWithoutService({ packages: ['nginx'], service: 'nginx.service', purpose }, say);
}
