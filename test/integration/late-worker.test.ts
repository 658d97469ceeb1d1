import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/support/paths.ts';

/** A machine's first start: the library is loaded to try the worker that was just built, and only then is its place known. */
const PROGRAM = `
  await import('mediasoup');
  process.env.MEDIASOUP_WORKER_BIN = process.env.BUILT;
  const { createLogger } = await import('./server/logger.ts');
  const { MediaWorkers } = await import('./server/media/workers.ts');
  const observer = new Proxy({}, { get: () => () => undefined });
  const logger = createLogger('silent');
  const workers = await MediaWorkers.start({
    count: 1, firstPort: 0, protocols: ['udp'], relayedAddress: undefined, observer, logger,
  });
  console.log('runs');
  await workers.close();
`;

test('a worker whose place is told after the library was loaded is the one that runs', async () => {
  const { MEDIASOUP_WORKER_BIN: BUILT, ...env } = process.env;
  const args = ['--input-type=module', '--eval', PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: { ...env, BUILT } });
  expect(stdout).toBe('runs\n');
});
