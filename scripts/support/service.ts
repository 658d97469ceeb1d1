import { ensurePackages, hasApt } from './apt.ts';
import { run } from './run.ts';
import { type Say, SetupError } from './setup-error.ts';

interface Wanted {
  packages: readonly string[];
  /** The service of one of the packages, which systemd would start. */
  service: string;
  /** Names who needs the packages, and begins the sentence of an error. */
  purpose: string;
}

/**
 * Installs those of the packages that are missing, without the service that one of them brings: it would run with other
 * settings, on a port that others want. Where systemd starts services, this one is masked before the package comes.
 */
export async function ensureWithoutService({ packages, service, purpose }: Wanted, say: Say): Promise<void> {
  const mask = `systemctl mask ${service}`;
  if ((await hasApt()) && (await systemdRuns())) {
    if (process.getuid?.() !== 0) {
      throw new SetupError(
        `${purpose} needs more packages: run "sudo ${mask} && sudo apt-get install ${packages.join(' ')}", then try again.`,
      );
    }
    const { code, output } = await run('systemctl', ['mask', service]);
    if (code !== 0) {
      throw new SetupError(
        `${purpose} needs ${packages.join(' and ')} without ${service}, which could not be masked (${output}): run "${mask}" and see why, then try again.`,
      );
    }
    say(`So that ${service} does not start: ${mask}`);
  }
  await ensurePackages(packages, purpose, say);
}

/** Whether systemd starts the services of this machine: in a container it often does not. */
async function systemdRuns(): Promise<boolean> {
  const { code, output } = await run('systemctl', ['is-system-running']);
  return code !== 127 && !['offline', 'unknown'].includes(output.trim());
}
