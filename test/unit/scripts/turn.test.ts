import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SetupError } from '../../../scripts/support/setup-error.ts';
import { ensureTurn } from '../../../scripts/turn.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** A machine whose only programs are these shell scripts; each notes how it was called. */
async function machine(folder: string, programs: Record<string, string>): Promise<() => Promise<string[]>> {
  const log = join(folder, 'log');
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(log, '');
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >>${log}\n${body}\n`, { mode: 0o755 });
  }
  vi.stubEnv('PATH', bin);
  return async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean);
}

const DEBIAN = { 'apt-get': '', 'dpkg-query': 'echo "util-linux installed"' };
const SYSTEMD = { systemctl: '[ $1 = mask ] || echo running' };
const RELAY = { turnserver: '', setpriv: '' };
const INSTALLS = expect.stringMatching(/^apt-get .*install .* coturn$/) as string;

function be(user: 'root' | 'somebody'): void {
  vi.spyOn(process, 'getuid').mockReturnValue(user === 'root' ? 0 : 1000);
}

async function sentenceOf(attempt: Promise<void>): Promise<string> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SetupError);
  return String(error);
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('ensureTurn', () => {
  it('touches nothing where the programs are there', async () => {
    await using folder = await temporaryFolder();
    const calls = await machine(folder.path, { ...DEBIAN, ...SYSTEMD, ...RELAY, nft: '' });
    const say = vi.fn();
    await ensureTurn(say);
    expect(await calls()).toEqual([]);
    expect(say).not.toHaveBeenCalled();
  });

  it('masks the service before it installs the package, and says so', async () => {
    await using folder = await temporaryFolder();
    const calls = await machine(folder.path, { ...DEBIAN, ...SYSTEMD });
    be('root');
    const said: string[] = [];
    await ensureTurn((line) => said.push(line));
    const made = await calls();
    expect(made.slice(0, 2)).toEqual(['systemctl is-system-running', 'systemctl mask coturn.service']);
    expect(made).toContainEqual(INSTALLS);
    expect(said).toEqual([
      expect.stringContaining('systemctl mask coturn.service'),
      'Installing coturn ...',
      'Installing nftables ...',
    ]);
  });

  it.each([
    ['none', {}],
    ['one that is not in charge', { systemctl: 'echo offline; exit 1' }],
  ])('masks nothing without systemd: %s', async (_, programs) => {
    await using folder = await temporaryFolder();
    const calls = await machine(folder.path, { ...DEBIAN, ...programs });
    be('root');
    await ensureTurn(() => undefined);
    const made = await calls();
    expect(made.join('\n')).not.toContain('mask');
    expect(made).toContainEqual(INSTALLS);
  });

  it('adds the firewall for root, goes on without it, and leaves the service alone', async () => {
    for (const [user, failure] of [
      ['root', ''],
      ['root', '[ $3 != install ]'],
      ['somebody', ''],
    ] as const) {
      await using folder = await temporaryFolder();
      const calls = await machine(folder.path, { ...DEBIAN, 'apt-get': failure, ...SYSTEMD, ...RELAY });
      be(user);
      const said: string[] = [];
      await ensureTurn((line) => said.push(line));
      const made = (await calls()).join('\n');
      expect(made).not.toContain('mask');
      expect(made.includes('install --yes --no-install-recommends nftables')).toBe(user === 'root');
      expect(said.some((line) => line.includes('apt could not install'))).toBe(failure !== '');
    }
  });

  it('installs nothing where the service cannot be masked', async () => {
    await using folder = await temporaryFolder();
    const calls = await machine(folder.path, {
      ...DEBIAN,
      systemctl: '[ $1 = mask ] || { echo degraded; exit 1; }; echo "Read-only file system" >&2; exit 1',
    });
    be('root');
    expect(await sentenceOf(ensureTurn(() => undefined))).toContain('(Read-only file system)');
    expect((await calls()).join('\n')).not.toContain('apt-get');
  });

  it('tells who is not root what to run', async () => {
    await using folder = await temporaryFolder();
    await machine(folder.path, { ...DEBIAN, ...SYSTEMD });
    be('somebody');
    expect(await sentenceOf(ensureTurn(() => undefined))).toContain(
      'run "sudo systemctl mask coturn.service && sudo apt-get install coturn util-linux"',
    );
  });
});
