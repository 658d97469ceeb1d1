import { ensurePackages, findProgram, hasApt } from './support/apt.ts';
import { ensureWithoutService } from './support/service.ts';
import { type Say, SetupError } from './support/setup-error.ts';

/** The programs of the relay, by the Debian package that brings each. */
const PROGRAMS = { coturn: 'turnserver', 'util-linux': 'setpriv' } as const;
const PURPOSE = 'The relay (TURN=on)';
const FIREWALL_PURPOSE = 'The firewall rule that keeps the relay from other programs';

/** What the relay runs. Debian's package starts a relay of its own, with other settings and on the port that ours wants. */
export async function ensureTurn(say: Say): Promise<void> {
  await ensureRelay(say);
  await ensureFirewall(say);
}

async function ensureRelay(say: Say): Promise<void> {
  const found = await Promise.all(Object.values(PROGRAMS).map(findProgram));
  if (found.every(Boolean)) return;
  const packages = Object.keys(PROGRAMS);
  await ensureWithoutService({ packages, service: 'coturn.service', purpose: PURPOSE }, say);
}

/** Nftables, which only root can use. The relay also runs without it, and the server's start then says what that means. */
async function ensureFirewall(say: Say): Promise<void> {
  if (process.getuid?.() !== 0 || !(await hasApt()) || (await findProgram('nft'))) return;
  try {
    await ensurePackages(['nftables'], FIREWALL_PURPOSE, say);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
  }
}
