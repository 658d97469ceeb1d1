import * as forms from '#protocol/account';
import { adminMethods, type AdminMethod } from '#protocol/admin';
import { ERROR_STATUS, type ErrorBody } from '#protocol/errors';
import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { operatorDoor } from '../support/admin.ts';
import { Generator } from '../support/fuzz/generate.ts';
import { mutate } from '../support/fuzz/mutate.ts';
import { Random } from '../support/fuzz/random.ts';
import { raw, UPGRADE_HEADERS, type RawAnswer } from '../support/http.ts';
import { expectNoInternals } from '../support/leaks.ts';
import { startServer, type TestServer } from '../support/server.ts';

const REQUESTS = 3_000;
const ADMIN_REQUESTS = 1_000;
const UPGRADES = 500;
const RAW = 300;
const AT_ONCE = 20;

const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ LOG_LEVEL: 'error' });
});
afterAll(() => server.close());

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'];
const PATHS = [
  '/api/session',
  '/api/account',
  '/api/account/password',
  '/api/account/email',
  '/api/sessions',
  '/api/sessions/6f1e3bb0-0d3c-4b3e-9a55-0a4d7c0f2a11',
  '/api/sessions/..%2f..',
  ...Object.keys(adminMethods).map((method) => `/api/admin/${method}`),
  '/api/admin/__proto__',
  '/api/admin/%2e%2e',
  '/api/%00',
  '/api/session?__proto__[a]=1',
  '/api//session',
  '/API/session',
  '/api',
  '/',
  '//',
  '//evil.example/api/session',
  '/assets/../../package.json',
  '/..%2f..%2f..%2fetc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/.env',
  '/%E0%A4%A',
  '/%',
  '/ws',
  '/session-secret',
  'http://evil.example/api/session',
];
const COOKIES = [
  '',
  'chataway=',
  'chataway=x; chataway.sig=y',
  'chataway=null; chataway=undefined',
  '=; ;;',
  `a=${'x'.repeat(4000)}`,
  '__proto__=1; chataway.sig=1',
];
const TYPES = [
  'application/json',
  'application/json; charset=utf-7',
  'text/plain',
  'multipart/form-data; boundary=x',
  '',
  'application/json, text/html',
  'application/x-www-form-urlencoded',
];

/** A body: what a form asks for, spoilt; or nothing like it. */
function body(random: Random): string {
  const form = random.pick([forms.signUp, forms.signIn, forms.changePassword, forms.changeEmail]);
  const valid = new Generator(random, {}).make(form);
  return random.pick<() => string>([
    () => JSON.stringify(mutate(valid, random) ?? null),
    () => JSON.stringify(mutate(valid, random) ?? null),
    () => JSON.stringify(valid),
    () => random.pick(['', 'null', '[]', '{', '"', '{"__proto__":{"admin":true}}', '\u0000', '\ufeff{}']),
    () => `{"username":"${'x'.repeat(random.pick([1024, 1025, 16_000, 17_000, 100_000]))}","password":"x"}`,
    () => '['.repeat(10_000),
    () => random.text(200),
  ])();
}

function headers(random: Random): Record<string, string> {
  const cookie = random.pick(COOKIES);
  const type = random.pick(TYPES);
  return {
    ...(random.chance(0.7) && {
      origin: random.chance(0.8) ? server.url : random.pick(['null', 'https://evil.example', 'x']),
    }),
    ...(cookie && { cookie }),
    ...(type && { 'content-type': random.chance(0.7) ? 'application/json' : type }),
    ...(random.chance(0.1) && { 'content-encoding': random.pick(['gzip', 'br', 'nonsense', 'identity']) }),
    ...(random.chance(0.1) && { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' }),
    ...(random.chance(0.1) && { 'x-http-method-override': 'DELETE' }),
    ...(random.chance(0.1) && { range: 'bytes=0-1,5-2' }),
    ...(random.chance(0.1) && { 'if-none-match': '*', 'accept-encoding': '*;q=0' }),
    ...(random.chance(0.05) && { expect: '100-continue' }),
  };
}

/** What is wrong with an answer, if anything; else by what name it is counted. */
function judge(
  { status, headers: sent, text }: RawAnswer,
  method: string,
): { code: string; problem?: string } {
  if (status < 400) return { code: String(status) };
  // An answer to HEAD has no body, and says so by its length alone.
  if (method === 'HEAD')
    return { code: `HEAD ${status}`, ...(status >= 500 && { problem: `HEAD ${status}` }) };
  const isJson = sent['content-type']?.startsWith('application/json') === true;
  if (!isJson)
    return { code: `${status}`, problem: `${status} with ${sent['content-type']}: ${text.slice(0, 200)}` };
  const { code } = (JSON.parse(text) as ErrorBody).error;
  try {
    expectNoInternals(text);
  } catch (error) {
    return { code, problem: String(error) };
  }
  const known = Object.hasOwn(ERROR_STATUS, code) && ERROR_STATUS[code] === status && code !== 'internal';
  return { code, ...(!known && { problem: `${status} ${text.slice(0, 300)}` }) };
}

/** Carries out many, some at once, and gives back how often each outcome came and what was wrong. */
async function many(count: number, one: () => Promise<{ code: string; problem?: string }>) {
  const tally: Record<string, number> = {};
  const problems: string[] = [];
  let left = count;
  const lane = async () => {
    while (left-- > 0) {
      const { code, problem } = await one();
      tally[code] = (tally[code] ?? 0) + 1;
      if (problem !== undefined) problems.push(`${code}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { tally, problems };
}

test('hostile HTTP from strangers is answered typed, and tells nothing', { timeout: 120_000 }, async () => {
  console.log(`FUZZ_SEED=${seed}`);
  const random = new Random(seed);
  const { tally, problems } = await many(REQUESTS, async () => {
    const [method, path] = [random.pick(METHODS), random.pick(PATHS)];
    const withBody = !['GET', 'HEAD', 'TRACE'].includes(method);
    const options = { method, headers: headers(random), ...(withBody && { body: body(random) }) };
    const answer = await raw(server.url, path, options);
    const judged = judge(answer, method);
    return {
      ...judged,
      ...(judged.problem !== undefined && {
        problem: `${method} ${path} ${JSON.stringify(options).slice(0, 400)}: ${judged.problem}`,
      }),
    };
  });
  console.table([tally]);
  expect(problems).toEqual([]);
  expect(tally['internal']).toBeUndefined();
  for (const code of ['invalid', 'not_found', 'wrong_origin', 'not_signed_in', 'too_large']) {
    expect(tally[code], code).toBeGreaterThan(0);
  }
});

test('hostile data from an admin is answered typed, and tells nothing', { timeout: 120_000 }, async () => {
  const random = new Random(seed + 3);
  const admin = await TestAccount.signUp(server.url, 'fuzzed-admin');
  expect(admin.self.role).toBe('admin');
  const methods = Object.keys(adminMethods) as AdminMethod[];
  const { tally, problems } = await many(ADMIN_REQUESTS, async () => {
    const method = random.pick(methods);
    const valid = new Generator(random, {}).make(adminMethods[method].data);
    const data = random.chance(0.3) ? valid : mutate(valid, random);
    const answer = await raw(server.url, `/api/admin/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.url, cookie: admin.cookie },
      body: JSON.stringify(data ?? null),
    });
    return judge(answer, 'POST');
  });
  console.table([tally]);
  expect(problems).toEqual([]);
  await operatorDoor(server.dataDir).ask('setRegistration', { registration: 'open' });
  for (const code of ['200', 'invalid', 'not_found']) expect(tally[code], code).toBeGreaterThan(0);
});

test('upgrades by strangers are refused, every one', { timeout: 60_000 }, async () => {
  const random = new Random(seed + 1);
  const { tally, problems } = await many(UPGRADES, async () => {
    const path = random.pick([
      ...PATHS,
      `/ws?device=${random.uuid()}&tab=${random.uuid()}`,
      '/ws?device=1',
      '/ws?device[]=a&tab[]=b',
      '/ws/',
    ]);
    const sent = {
      ...UPGRADE_HEADERS,
      ...headers(random),
      ...(random.chance(0.2) && {
        'sec-websocket-version': random.pick(['0', '8', '999', 'x']),
        'sec-websocket-key': random.text(5, 'ab'),
      }),
    };
    // A refusal must be an answer of HTTP: a connection that is taken over makes this throw.
    return judge(await raw(server.url, path, { headers: sent }), 'GET');
  });
  console.table([tally]);
  expect(problems).toEqual([]);
  expect(Object.keys(tally).sort()).toEqual(['not_found', 'not_signed_in', 'wrong_origin']);
});

/** Sends bytes as they are, and reads until the server closes. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, 'localhost');
    let text = '';
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.end(Buffer.from(bytes, 'latin1'));
  });
}

test('bytes that are no HTTP do no harm, and are told nothing', { timeout: 60_000 }, async () => {
  const random = new Random(seed + 2);
  const { problems } = await many(RAW, async () => {
    const text = await exchange(
      random.pick<() => string>([
        () => random.text(random.int(1, 400), '\u0000\u0001\u0016\u0003\r\n GET/HTP1.:'),
        () => `GET / HTTP/9.9\r\n\r\n`,
        () => `GET ${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
        () =>
          `POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        () => `POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n`,
        () => `POST /api/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
        () => `GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\u0081\u0085`,
        () => `GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
        () =>
          `GET /api/session HTTP/1.1\r\nHost: ${random.pick(['', '[', 'a b', '::', 'x\u0000'])}\r\nConnection: close\r\n\r\n`,
        () =>
          `GET /api/session HTTP/1.1\r\nHost: x\r\nCookie: ${random.text(50, '\u0080\u00ff;=, "chataway')}\r\nConnection: close\r\n\r\n`,
        () => `DELETE /api/session HTTP/1.0\r\n\r\n`,
        () => `CONNECT evil.example:80 HTTP/1.1\r\nHost: x\r\n\r\n`,
        () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
      ])(),
    );
    const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 'none';
    const words = text.slice(text.indexOf('\r\n\r\n') + 4);
    const leaks = status >= '400' && status !== 'none';
    try {
      if (leaks) expectNoInternals(words);
    } catch (error) {
      return { code: status, problem: String(error) };
    }
    return { code: status, ...(/^5(?!03)/.test(status) && { problem: text.slice(0, 300) }) };
  });
  expect(problems).toEqual([]);
  const account = await TestAccount.signUp(server.url, 'afterwards');
  using connection = await account.connect();
  await connection.request('ping', {});
});
