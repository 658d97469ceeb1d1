import { afterEach, describe, expect, it, vi } from 'vitest';
import { cachedWorkerPath, mediasoupVersion } from '../../../scripts/worker/cache.ts';
import { ensureWorker } from '../../../scripts/worker/worker.ts';

const ignore = (): void => undefined;

describe('the media worker', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('is kept below XDG_CACHE_HOME, by version and processor', async () => {
    vi.stubEnv('XDG_CACHE_HOME', '/somewhere');
    const path = await cachedWorkerPath();
    expect(path).toMatch(/^\/somewhere\/chataway\/worker\/.+\/mediasoup-worker$/);
    expect(path).toContain(`/${await mediasoupVersion()}-`);
    expect(path).toContain(`-${process.arch}/`);
  });

  it('that MEDIASOUP_WORKER_BIN names must be one', async () => {
    vi.stubEnv('MEDIASOUP_WORKER_BIN', '/bin/true');
    await expect(ensureWorker(ignore)).rejects.toThrow('MEDIASOUP_WORKER_BIN names /bin/true');
  });

  it('needs a cache folder that can be written', async () => {
    vi.stubEnv('MEDIASOUP_WORKER_BIN', '');
    vi.stubEnv('XDG_CACHE_HOME', '/dev/null');
    await expect(ensureWorker(ignore)).rejects.toThrow('set XDG_CACHE_HOME');
  });
});
