import { ensurePackages, findProgram, hasApt } from './support/apt.ts';
import { run } from './support/run.ts';
import { type Say, SetupError } from './support/setup-error.ts';

/** The programs of the relay, by the Debian package that brings each. */
const PROGRAMS = { coturn: 'turnserver', 'util-linux': 'setpriv' } as const;
const PURPOSE = 'The relay (TURN=on)';
const FIREWALL_PURPOSE = 'The firewall rule that keeps the relay from other programs';
const MASK = 'systemctl mask coturn.service';

/**
 * What the relay runs. Debian's package starts a relay of its own, with other settings and on the port that ours wants:
 * where systemd would do so, that service is masked before the package comes.
 */
export async function ensureTurn(say: Say): Promise<void> {
  await ensureRelay(say);
  await ensureFirewall(say);
}

async function ensureRelay(say: Say): Promise<void> {
  const found = await Promise.all(Object.values(PROGRAMS).map(findProgram));
  if (found.every(Boolean)) return;
  const packages = Object.keys(PROGRAMS);
  if ((await hasApt()) && (await systemdRuns())) {
    if (process.getuid?.() !== 0) {
      throw new SetupError(
        `${PURPOSE} needs more packages: run "sudo ${MASK} && sudo apt-get install ${packages.join(' ')}", then try again.`,
      );
    }
    await mask(say);
  }
  await ensurePackages(packages, PURPOSE, say);
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

/** Whether it is the one that starts services here: in a container it often is not. */
async function systemdRuns(): Promise<boolean> {
  const { code, output } = await run('systemctl', ['is-system-running']);
  return code !== 127 && !['offline', 'unknown'].includes(output.trim());
}

async function mask(say: Say): Promise<void> {
  const [program = '', ...args] = MASK.split(' ');
  const { code, output } = await run(program, args);
  if (code !== 0) {
    throw new SetupError(
      `${PURPOSE} needs coturn without the service of its package, which could not be masked (${output}): run "${MASK}" and see why, then try again.`,
    );
  }
  say(`So that the package's own relay does not start: ${MASK}`);
}
