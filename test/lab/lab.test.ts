import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { removeLeftovers } from './cleaning.ts';
import { describeLab } from './describe-lab.ts';
import { Lab } from './lab.ts';
import { startTime } from './start-time.ts';

/** The namespaces of this lab that the machine has, or has files for. */
function namespacesOf(labName: string): string[] {
  const names = ['/run/netns', '/etc/netns'].filter(existsSync).flatMap((folder) => readdirSync(folder));
  return [...new Set(names)].filter((name) => name.startsWith(labName));
}

function isRunning(id: number): boolean {
  return startTime(id) !== undefined;
}

/** Another process with a lab, in which a program runs that ends by itself only after an hour. */
async function anotherLab() {
  const child = fork(join(import.meta.dirname, 'programs', 'idler.ts'), {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (!child.stdout) throw new Error('unreachable');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const traces = JSON.parse(line) as { name: string; folder: string; idler: number; janitor: number };
  return { child, ...traces };
}

describeLab('the lab', () => {
  test('takes everything along, and the machine never saw its network', async () => {
    const lab = new Lab();
    const near = await lab.namespace('near');
    const far = await lab.namespace('far');
    const link = await lab.link(near, far);
    const idler = near.start('sh', ['-c', 'echo $$; exec sleep 3600']);
    const id = Number(await idler.readLine());

    expect(namespacesOf(lab.name)).toHaveLength(2);
    expect(await near.ip('route', 'show', 'default')).toContain(`via ${link.far}`);
    expect(Object.values(networkInterfaces()).flat()).not.toContainEqual(
      expect.objectContaining({ address: link.near }),
    );

    await lab.close();
    expect(namespacesOf(lab.name)).toEqual([]);
    expect(isRunning(id)).toBe(false);
    expect(existsSync(lab.folder)).toBe(false);
    await lab.close();
  });

  test('takes everything along when a test fails in it', async () => {
    let name = '';
    const failing = async () => {
      await using lab = new Lab();
      name = lab.name;
      await lab.namespace('alone');
      throw new Error('on purpose');
    };
    await expect(failing()).rejects.toThrow('on purpose');
    expect(namespacesOf(name)).toEqual([]);
  });

  test.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves nothing behind after %s', async (signal) => {
    const { child, name, folder, idler } = await anotherLab();
    expect(namespacesOf(name)).toHaveLength(2);
    child.kill(signal);
    await once(child, 'exit');
    await until(
      'the janitor',
      () => namespacesOf(name).length === 0 && !existsSync(folder) && !isRunning(idler),
    );
  });

  test('removes what a run has left that nobody cleaned up, and nothing of one that lives', async () => {
    await using alive = new Lab();
    await alive.namespace('alone');
    const { child, name, folder, idler, janitor } = await anotherLab();
    process.kill(janitor, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(namespacesOf(name)).toHaveLength(2);

    await removeLeftovers();
    expect(namespacesOf(name)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(isRunning(idler)).toBe(false);
    expect(namespacesOf(alive.name)).toHaveLength(1);
  });
});
