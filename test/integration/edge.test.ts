import type { ErrorBody, ErrorCode } from '#protocol/errors';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PASSWORD, TestAccount } from '../support/account.ts';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jsonFrom, raw, UPGRADE_HEADERS, type RawAnswer, type RawOptions } from '../support/http.ts';
import { expectNoInternals } from '../support/leaks.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let ann: TestAccount;
beforeAll(async () => {
  server = await startServer();
  ann = await TestAccount.signUp(server.url, 'ann');
});
afterAll(() => server.close());

const FORM = { currentPassword: PASSWORD, email: 'changed@example.org' };
const seatPath = () => `/ws?device=${randomUUID()}&tab=${randomUUID()}`;

function codeOf({ text }: RawAnswer): ErrorCode {
  expectNoInternals(text);
  return (JSON.parse(text) as ErrorBody).error.code;
}

describe('pages of other origins', () => {
  const FOREIGN = ['https://evil.example', 'null', 'http://localhost', 'http://localhost:1', 'file://'];

  test.each(
    FOREIGN.flatMap((origin) =>
      ['POST', 'PUT', 'DELETE', 'PATCH'].map((method) => [method, origin] as const),
    ),
  )('%s from %s is refused, whatever the address, and does nothing', async (method, origin) => {
    for (const path of [
      '/api/session',
      '/api/sessions',
      '/api/account',
      '/api/account/email',
      '/elsewhere',
    ]) {
      const headers = { ...jsonFrom(server.url, ann.cookie), origin };
      const answer = await raw(server.url, path, { method, headers, body: JSON.stringify(FORM) });
      expect([answer.status, codeOf(answer)]).toEqual([403, 'wrong_origin']);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    expect(await (await ann.request('GET', '/api/session')).json()).toEqual({
      account: ann.self,
      registration: 'open',
      ended: null,
    });
  });

  test.each(['cross-site', 'same-site'])(
    'a browser that says %s and no Origin is refused too',
    async (site) => {
      const headers = { cookie: ann.cookie, 'sec-fetch-site': site };
      const answer = await raw(server.url, '/api/session', { method: 'DELETE', headers });
      expect(codeOf(answer)).toBe('wrong_origin');
    },
  );

  test('no answer lets another origin read it', async () => {
    const headers = { origin: 'https://evil.example', cookie: ann.cookie };
    const answer = await raw(server.url, '/api/session', { headers });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('upgrades', () => {
  const upgrade = (headers: Record<string, string>, path = seatPath()) =>
    raw(server.url, path, { headers: { ...UPGRADE_HEADERS, ...headers } });

  test('from a foreign origin, or without one, are refused with the cookie and all', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1']) {
      expect(codeOf(await upgrade({ cookie: ann.cookie, origin }))).toBe('wrong_origin');
    }
    expect(codeOf(await upgrade({ cookie: ann.cookie }))).toBe('wrong_origin');
  });

  test('without a session are refused', async () => {
    const origin = server.url;
    expect(codeOf(await upgrade({ origin }))).toBe('not_signed_in');
    expect(codeOf(await upgrade({ origin, cookie: 'chataway=made-up; chataway.sig=made-up' }))).toBe(
      'not_signed_in',
    );
  });

  test.each([
    ['/ws', 'invalid', 400],
    ['/ws?device=1&tab=2', 'invalid', 400],
    [`/ws?device=${randomUUID()}`, 'invalid', 400],
    ['/elsewhere', 'not_found', 404],
    ['/api/session', 'not_found', 404],
    ['//', 'not_found', 404],
    ['//[', 'not_found', 404],
    ['/%zz', 'not_found', 404],
  ])('to %s are answered "%s"', async (path, code, status) => {
    const answer = await upgrade({ origin: server.url, cookie: ann.cookie }, path);
    expect([codeOf(answer), answer.status]).toEqual([code, status]);
  });

  test('of a 51st tab are refused until another is closed', async () => {
    const many = await TestAccount.signUp(server.url, 'many');
    const tabs = await Promise.all(Array.from({ length: 50 }, () => many.connect()));
    await expect(many.connect()).rejects.toThrow('429');
    tabs[0]?.close();
    await tabs[0]?.closed();
    using last = await many.connect();
    await last.request('ping', {});
    for (const tab of tabs) tab[Symbol.dispose]();
  });
});

test.each([
  ['GET', '/api/session', ''],
  ['GET', '/', ''],
  ['POST', '/api/session', 'Content-Type: application/json\r\nContent-Length: 2\r\n'],
  ['GET', '/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'],
])('two Host headers are refused: %s %s', async (method, path, headers) => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const answer = new Promise<string>((resolve) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.on('close', () => resolve(text));
  });
  const two = 'Host: localhost\r\nhost: elsewhere.example\r\n';
  const body = method === 'POST' ? '{}' : '';
  socket.end(`${method} ${path} HTTP/1.1\r\n${two}Connection: close\r\n${headers}\r\n${body}`);
  expect(await answer).toMatch(/^HTTP\/1.1 400 [^]*"invalid"/);
});

describe('bodies', () => {
  const post = (options: RawOptions) =>
    raw(server.url, '/api/session', { method: 'POST', headers: jsonFrom(server.url), ...options });

  test('that say they are compressed and are not, or are a bomb, are refused', async () => {
    const headers = { ...jsonFrom(server.url), 'content-encoding': 'gzip' };
    expect(codeOf(await post({ headers, body: '{"username":"ann","password":"x"}' }))).toBe('invalid');
    const bomb = gzipSync(JSON.stringify({ username: 'ann', password: ' '.repeat(10_000_000) }));
    expect(bomb.length).toBeLessThan(16_000);
    expect(codeOf(await post({ headers, body: bomb }))).toBe('too_large');
  });

  test('too large are refused, by their length told or found', async () => {
    const body = JSON.stringify({ username: 'ann', password: 'x'.repeat(20_000) });
    const answer = await post({ body });
    expect([answer.status, codeOf(answer)]).toEqual([413, 'too_large']);
    const headers = { ...jsonFrom(server.url), 'transfer-encoding': 'chunked' };
    expect(codeOf(await post({ headers, body }))).toBe('too_large');
  });

  test.each([
    ['', 'application/json'],
    ['{', 'application/json'],
    ['null', 'application/json'],
    ['7', 'application/json'],
    ['"text"', 'application/json'],
    ['[]', 'application/json'],
    ['{"username":"ann"}', 'application/json'],
    ['{"__proto__":{"username":"ann","password":"x"}}', 'application/json'],
    ['username=ann&password=x', 'application/x-www-form-urlencoded'],
    ['{"username":"ann","password":"x"}', 'text/plain'],
    ['\u0000\u0001', 'application/json'],
  ])('%j as %s is not what the address takes', async (body, type) => {
    const answer = await post({ headers: { origin: server.url, 'content-type': type }, body });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid']);
  });
});

describe('answers', () => {
  test.each(['/', '/api/session', '/api/nothing', '/assets/none.js'])(
    '%s carries the security headers',
    async (path) => {
      const { headers } = await raw(server.url, path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
      });
      expect(headers['content-security-policy']).toMatch(/default-src 'self';.*frame-ancestors 'none'/);
      expect(headers['content-security-policy']).not.toMatch(/https?:|\*|unsafe-eval/);
      expect(headers['content-security-policy']).toMatch(
        /require-trusted-types-for 'script';trusted-types svelte-trusted-html$/,
      );
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('server');
      if (path.startsWith('/api/')) expect(headers['cache-control']).toBe('no-store');
    },
  );

  test.each([
    ['GET', '/api/nothing', 404],
    ['GET', '/api/account', 404],
    ['POST', '/api/sessions', 404],
    ['PATCH', '/api/session', 404],
    ['GET', '/api/sessions/%E0%A4%A', 404],
    ['DELETE', '/api/sessions/%E0%A4%A', 404],
    ['GET', '/api/../../etc/passwd', 404],
    ['GET', '/api/%2e%2e/%2e%2e/etc/passwd', 404],
  ])('%s %s is answered %d in the one form that errors have', async (method, path, status) => {
    const answer = await raw(server.url, path, { method, headers: jsonFrom(server.url, ann.cookie) });
    expect([codeOf(answer), answer.status]).toEqual(['not_found', status]);
  });
});

describe('over TLS', () => {
  test('HTTPS and WSS are served, the cookie is Secure and of this host alone', async () => {
    await using folder = await temporaryFolder();
    const { cert: ca, certFile, keyFile } = makeCertificate(folder.path);
    await using secure = await startServer({ TLS_CERT: certFile, TLS_KEY: keyFile });
    const headers = jsonFrom(secure.url);
    const form = { username: 'ann', email: 'ann@example.org', password: PASSWORD, passwordRepeat: PASSWORD };
    const answer = await raw(secure.url, '/api/account', {
      method: 'POST',
      headers,
      body: JSON.stringify(form),
      ca,
    });
    expect(answer.status).toBe(201);
    // Of this name, and of none below it.
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
    const lines = answer.headers['set-cookie'] ?? [];
    expect(lines.map((line) => line.split('=')[0]).toSorted()).toEqual([
      '__Host-chataway',
      '__Host-chataway-device',
      '__Host-chataway.sig',
    ]);
    for (const line of lines) {
      expect(line).toMatch(/; path=\/;.*; samesite=lax; secure; httponly$/i);
      expect(line).not.toMatch(/domain=/i);
    }
    const cookie = lines.map((line) => line.split(';')[0]).join('; ');
    const session = await raw(secure.url, '/api/session', { headers: { cookie }, ca });
    expect(JSON.parse(session.text)).toMatchObject({ account: { username: 'ann' } });

    const address = `${secure.url.replace('https', 'wss')}${seatPath()}`;
    const socket = new WebSocket(address, 'protoo', { ca, headers: { cookie, origin: secure.url } });
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(data.toString())).toMatchObject({ method: 'snapshot' });
    socket.terminate();
  });

  test('is spoken only with forward secrecy and authenticated encryption', async () => {
    await using folder = await temporaryFolder();
    const { cert: ca, certFile, keyFile } = makeCertificate(folder.path);
    await using secure = await startServer({ TLS_CERT: certFile, TLS_KEY: keyFile });
    const { hostname, port } = new URL(secure.url);
    const protocolWith = (options: ConnectionOptions) =>
      new Promise<string>((resolve) => {
        const socket = connectTls({
          host: hostname,
          port: Number(port),
          ca,
          servername: 'localhost',
          ...options,
        });
        socket.on('secureConnect', () => {
          resolve(`${socket.getProtocol() ?? ''} ${socket.getCipher().name}`);
          socket.destroy();
        });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
    const tls12 = { maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const;
    // CBC, and a key exchange without forward secrecy.
    for (const ciphers of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'AES128-GCM-SHA256']) {
      const protocol = await protocolWith({ ...tls12, ciphers: `${ciphers}:@SECLEVEL=0` });
      expect([ciphers, protocol]).toEqual([ciphers, expect.stringMatching(/^(ERR_SSL|ECONNRESET)/)]);
    }
    expect(await protocolWith(tls12)).toMatch(/^TLSv1.2 ECDHE-.*(GCM|CHACHA20)/);
    expect(await protocolWith({})).toMatch(/^TLSv1.3 /);
    const tls11 = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    expect(await protocolWith(tls11)).toMatch(/^(ERR_SSL|ECONNRESET)/);
  });

  test('behind a proxy that ends it, the cookie is Secure all the same, and its pages are ours', async () => {
    await using proxied = await startServer({ PUBLIC_URL: 'https://call.example.org' });
    const headers = { 'content-type': 'application/json', origin: 'https://call.example.org' };
    const form = { username: 'ann', email: 'ann@example.org', password: PASSWORD, passwordRepeat: PASSWORD };
    const answer = await raw(proxied.url, '/api/account', {
      method: 'POST',
      headers,
      body: JSON.stringify(form),
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['set-cookie']?.join('\n')).toMatch(/^__Host-chataway=.*; secure/m);
    const cookie = answer.headers['set-cookie']?.map((line) => line.split(';')[0]).join('; ');
    const foreign = await raw(proxied.url, '/api/session', {
      method: 'DELETE',
      headers: { cookie: cookie ?? '', origin: 'http://call.example.org' },
    });
    expect(codeOf(foreign)).toBe('wrong_origin');
  });
});

test('a refused upgrade whose client keeps its half open holds up nobody', async () => {
  const own = await startServer();
  const socket = connect({ port: own.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  socket.resume();
  await once(socket, 'end');
  await own.close();
  socket.destroy();
});

test('a client that does not answer to the closing of its socket does not hold up the end', async () => {
  const own = await startServer();
  const account = await TestAccount.signUp(own.url, 'silent');
  const connection = await account.connect();
  connection.socket.pause();
  const begin = performance.now();
  await own.close();
  // Without an end of its own, `ws` waits for 30 s.
  expect(performance.now() - begin).toBeLessThan(15_000);
  connection.socket.terminate();
});
