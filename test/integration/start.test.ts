import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chataway-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** From here on everyone may have a port. */
const LOWEST_FREE = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
/** Root without the capability is as everyone. */
const AS_NO_ROOT = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-net_bind_service'] : [];

const MAIN = new URL('../../server/main.ts', import.meta.url).pathname;

/** Starts the server as a process of its own, by the program `by` where one is given. */
function start(environment: Record<string, string>, by: readonly string[] = []) {
  const [program, ...args] = [...by, process.execPath, MAIN];
  const child = spawn(program, args, {
    env: {
      ...process.env,
      PORT: '0',
      MEDIA_PORT: '0',
      MEDIA_WORKERS: '1',
      LOG_LEVEL: 'silent',
      DATA_DIR: join(folder, 'data'),
      ...environment,
    },
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  return { child, output: () => output };
}

describe('what stops the start says so in one sentence', () => {
  const cases: [string, () => Record<string, string> | Promise<Record<string, string>>, RegExp][] = [
    ['a wrong setting', () => ({ PORT: 'many' }), /^PORT must be a whole number; it is "many"\.$/],
    ['an unknown setting', () => ({ MEDIA_PROT: '1' }), /^MEDIA_PROT is not a setting of ChatAway/],
    ['half a certificate', () => ({ TLS_CERT: '/nowhere' }), /^TLS_KEY is missing: .+\.$/],
    [
      'no certificate at all',
      () => ({ TLS_CERT: '/nowhere', TLS_KEY: '/nowhere' }),
      /^TLS_CERT .+ must name a certificate and its key, in PEM: .+\.$/,
    ],
    [
      'a data folder that is a file',
      async () => {
        await writeFile(join(folder, 'file'), '');
        return { DATA_DIR: join(folder, 'file') };
      },
      /^The data folder .+ cannot be used: set DATA_DIR .+\.$/,
    ],
    [
      'a worker that does not start',
      () => ({ MEDIASOUP_WORKER_BIN: '/bin/false' }),
      /^The media worker does not start: .+\.$/,
    ],
    [
      'an address that the machine has not',
      () => ({ HOST: '203.0.113.1' }),
      /^Nobody can connect to 203\.0\.113\.1: set HOST .+\.$/,
    ],
  ];

  test.each(cases)('%s', async (_name, environment, sentence) => {
    const { child, output } = start(await environment());
    const [code] = (await once(child, 'close')) as [number];
    expect(output().trim()).toMatch(sentence);
    expect(output().trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  test('a port that is taken', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { child, output } = start({ PORT: String(port) });
    await once(child, 'close');
    other.close();
    expect(output().trim()).toMatch(
      new RegExp(`^Port ${port} is taken by another program: .+ set PORT .+\\.$`),
    );
  });

  test.skipIf(LOWEST_FREE <= 443)('a port that is kept for root', async () => {
    const { child, output } = start({ PORT: '443' }, AS_NO_ROOT);
    await once(child, 'close');
    expect(output()).toBe(
      'Port 443 may not be used by this user: allow it with "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=443", or set PORT to 1024 or more.\n',
    );
  });
});

test('with HOST it is ready there, and nowhere else', async () => {
  const { child, output } = start({ HOST: '127.0.0.2' });
  while (!output().includes('\n')) await once(child.stdout, 'data');
  const address = /^ChatAway is ready at (http:\/\/127\.0\.0\.2:\d+)$/.exec(output().trim())?.[1] ?? '';
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  child.kill('SIGTERM');
  await once(child, 'close');
});

test('it is ready at its address, keeps its secrets to itself, and ends on SIGTERM', async () => {
  const { child, output } = start({});
  while (!output().includes('\n')) await once(child.stdout, 'data');
  const address = /^ChatAway is ready at (http:\/\/localhost:\d+)$/.exec(output().trim())?.[1] ?? '';
  const answer = await fetch(`${address}/api/session`);
  expect(await answer.json()).toEqual({ account: null, registration: 'open', ended: null });
  const { mode } = await stat(join(folder, 'data', 'session-secret'));
  expect(mode & 0o777).toBe(0o600);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
});
