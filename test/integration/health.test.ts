import { afterAll, beforeAll, expect, test } from 'vitest';
import { answers, openDatabase } from '../../server/db/database.ts';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/folder.ts';
import { raw } from '../support/http.ts';
import { until } from '../support/until.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

async function ask(path: string, { url } = server): Promise<{ status: number; body: unknown }> {
  const { status, text } = await raw(url, path);
  return { status, body: JSON.parse(text) };
}

const OK = { status: 200, body: { status: 'ok' } };

test('a server that serves says so, to everyone, and without a cookie', async () => {
  expect(await ask('/healthz')).toEqual(OK);
  expect(await ask('/readyz')).toEqual(OK);
  const { headers } = await raw(server.url, '/readyz');
  expect(headers['set-cookie']).toBeUndefined();
  expect(headers['cache-control']).toBe('no-store');
  expect(await raw(server.url, '/healthz', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
});

test('without a media worker it lives and is not ready', async () => {
  await using other = await startServer({ LOG_LEVEL: 'silent' });
  const program = process.env['MEDIASOUP_WORKER_BIN'];
  // The worker that should replace it does not start.
  process.env['MEDIASOUP_WORKER_BIN'] = '/bin/false';
  try {
    process.kill(other.media.pids[0] ?? 0, 'SIGKILL');
    expect(
      await until('the worker to be missed', async () => {
        const answer = await ask('/readyz', other);
        return answer.status !== 200 && answer;
      }),
    ).toEqual({ status: 503, body: { status: 'unavailable', reason: 'media' } });
  } finally {
    process.env['MEDIASOUP_WORKER_BIN'] = program;
  }
  expect(await ask('/healthz', other)).toEqual(OK);
});

test('a database that does not answer is noticed', async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(folder.path);
  expect(await answers(database)).toBe(true);
  // The one connection there is has been taken, and is not given back.
  const taken = await database.transaction();
  expect(await answers(database, 50)).toBe(false);
  await taken.rollback();
  expect(await answers(database)).toBe(true);
  await database.destroy();
  expect(await answers(database)).toBe(false);
});

test('over TLS too', async () => {
  await using folder = await temporaryFolder();
  const { certFile, keyFile, cert } = makeCertificate(folder.path);
  await using secure = await startServer({ TLS_CERT: certFile, TLS_KEY: keyFile });
  for (const path of ['/healthz', '/readyz']) {
    expect((await raw(secure.url, path, { ca: cert })).status).toBe(200);
  }
});
