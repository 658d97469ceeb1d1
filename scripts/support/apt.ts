import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from './run.ts';
import { type Say, SetupError } from './setup-error.ts';

/** The path of a program on PATH, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder && (await isExecutable(path))) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether this system is managed with apt, as Debian and Ubuntu are. */
export async function hasApt(): Promise<boolean> {
  return (await findProgram('apt-get')) !== undefined && (await findProgram('dpkg-query')) !== undefined;
}

/**
 * Installs those of the packages that are missing. `purpose` names who needs
 * them and begins the sentence of the SetupError that is thrown where they
 * cannot be installed: no apt here, not root, or apt failed.
 */
export async function ensurePackages(packages: readonly string[], purpose: string, say: Say): Promise<void> {
  const missing = (await hasApt()) ? await notInstalled(packages) : packages;
  if (missing.length === 0) return;

  const names = missing.join(' ');
  if (!(await hasApt())) {
    throw new SetupError(
      `${purpose} needs what Debian calls ${names}: install it with this system's package manager, then try again.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      `${purpose} needs more packages: run "sudo apt-get install ${names}", then try again.`,
    );
  }

  say(`Installing ${names} ...`);
  // Where the lists cannot be had afresh, the old ones may do.
  await apt(['update']);
  const { code, output } = await apt(['install', '--yes', '--no-install-recommends', ...missing]);
  if (code !== 0) {
    const reason = output.split('\n').findLast((line) => line.startsWith('E: ')) ?? `E: exit code ${code}`;
    throw new SetupError(
      `${purpose} needs more packages and apt could not install them (${reason.slice(3)}): run "apt-get install ${names}" and see why, then try again.`,
    );
  }
}

async function notInstalled(packages: readonly string[]): Promise<string[]> {
  const { output } = await run('dpkg-query', [
    '--show',
    '--showformat=${Package} ${db:Status-Status}\n',
    ...packages,
  ]);
  const installed = new Set(
    output
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

function apt(args: readonly string[]): ReturnType<typeof run> {
  return run('apt-get', ['--quiet', '--option=DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
