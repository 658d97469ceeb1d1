import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../../scripts/support/lock.ts';
import { until } from '../../support/until.ts';

const ignore = (): void => undefined;

describe('withLock', () => {
  let folder: string;
  let lock: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chataway-lock-'));
    lock = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('runs one body at a time and tells who waits', async () => {
    let inside = 0;
    let most = 0;
    let waited = 0;
    const body = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await until('the others to wait', () => waited === 2);
      await sleep(50);
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(lock, () => (waited += 1), body)));
    expect({ most, waited }).toEqual({ most: 1, waited: 2 });
  });

  it('is free again after a body that throws', async () => {
    await expect(withLock(lock, ignore, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withLock(lock, ignore, () => Promise.resolve('yes'))).resolves.toBe('yes');
  });

  it('takes over from a process that died', async () => {
    await mkdir(lock);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await expect(withLock(lock, ignore, () => Promise.resolve('mine'))).resolves.toBe('mine');
  });
});
