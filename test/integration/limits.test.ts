import type { ErrorBody, ErrorCode } from '#protocol/errors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, request, TestAccount } from '../support/account.ts';
import { jsonFrom, raw } from '../support/http.ts';
import { startServer, type TestServer } from '../support/server.ts';

let limited: TestServer;
let other: TestAccount;
beforeAll(async () => {
  limited = await startServer({ RATE_LIMIT_FACTOR: '1' });
  await TestAccount.signUp(limited.url, 'known');
  other = await TestAccount.signUp(limited.url, 'other');
});
afterAll(() => limited.close());

const signIn = (username: string, password: string, from: string, { url } = limited, headers = {}) =>
  raw(url, '/api/session', {
    method: 'POST',
    headers: { ...jsonFrom(url), ...headers },
    body: JSON.stringify({ username, password }),
    from,
  });

test('guessing at one name ends after ten tries, whether there is such an account or not', async () => {
  const tries = async (username: string, from: string) => {
    const seen: [number, ErrorCode][] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      const answer = await signIn(username, `guess number ${attempt}`, from);
      seen.push([answer.status, (JSON.parse(answer.text) as ErrorBody).error.code]);
    }
    return seen;
  };
  const known = await tries('known', '127.0.0.11');
  expect(known.map(([status]) => status)).toEqual([...Array<number>(10).fill(401), 429, 429]);
  expect(known.at(-1)?.[1]).toBe('rate_limited');
  expect(await tries('unknown', '127.0.0.12')).toEqual(known);
  // From there the right password does not help either, in whatever case; from elsewhere it does.
  const right = await signIn('KNOWN', PASSWORD, '127.0.0.11');
  expect(right.status).toBe(429);
  expect(Number(right.headers['retry-after'])).toBeGreaterThan(0);
  expect((await signIn('known', PASSWORD, '127.0.0.13')).status).toBe(200);
});

test('guessing at many names from one address ends after fifty', async () => {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 52; attempt++) {
    statuses.push((await signIn(`name${attempt}`, 'a guess', '127.0.0.21')).status);
  }
  expect(statuses).toEqual([...Array<number>(50).fill(401), 429, 429]);
  expect((await signIn('other', PASSWORD, '127.0.0.21')).status).toBe(429);
  expect((await signIn('other', PASSWORD, '127.0.0.22')).status).toBe(200);
});

test('guesses that come all at once count as well', async () => {
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, attempt) => signIn('other', `guess ${attempt}`, '127.0.0.31')),
  );
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
});

test('signing in rightly is no guess', async () => {
  for (let round = 0; round < 15; round++) {
    expect((await signIn('other', PASSWORD, '127.0.0.41')).status).toBe(200);
  }
});

test("guessing at one's own password while signed in is bounded too", async () => {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 12; attempt++) {
    const form = { currentPassword: `guess ${attempt}`, email: 'mine@example.org' };
    statuses.push((await other.request('PUT', '/api/account/email', form)).status);
  }
  expect(statuses).toEqual([...Array<number>(10).fill(400), 429, 429]);
});

test('signing up is bounded by address', async () => {
  const statuses = new Map<number, number>();
  for (let attempt = 0; attempt < 105; attempt++) {
    const form = { username: '', email: '', password: '', passwordRepeat: '' };
    const { status } = await request(limited.url, 'POST', '/api/account', { body: form });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  // Two of the hundred made the accounts above.
  expect(Object.fromEntries(statuses)).toEqual({ 400: 98, 429: 7 });
});

test('asking by sign-up which email addresses have an account ends after five answers', async () => {
  await using server = await startServer({ RATE_LIMIT_FACTOR: '1' });
  await TestAccount.signUp(server.url, 'known');
  let number = 0;
  const probe = async (email: string, from: string, username = `probe-${number++}`) => {
    const form = { username, email, password: PASSWORD, passwordRepeat: PASSWORD };
    const answer = await raw(server.url, '/api/account', {
      method: 'POST',
      headers: jsonFrom(server.url),
      body: JSON.stringify(form),
      from,
    });
    return { status: answer.status, ...(JSON.parse(answer.text) as Partial<ErrorBody>).error?.fields };
  };
  const taken = { status: 400, email: 'taken' };
  // Beside a username that is taken, nothing is told of the address, and it costs nothing.
  for (let round = 0; round < 10; round++) {
    expect(await probe('known@example.org', '127.0.0.51', 'KNOWN')).toEqual({
      status: 400,
      username: 'taken',
    });
  }
  // Nor do sign-ups that succeed.
  expect(await probe('free@example.org', '127.0.0.51')).toEqual({ status: 201 });
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => probe('known@example.org', '127.0.0.51')),
  );
  expect(answers.filter(({ status }) => status === 400)).toEqual(Array(5).fill(taken));
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(3);
  // Then a free address is answered like a taken one; from elsewhere it is as before.
  expect(await probe('unknown@example.org', '127.0.0.51')).toEqual({ status: 429 });
  expect(await probe('known@example.org', '127.0.0.52')).toEqual(taken);
});

test('one connection may ask 300 times in 10 seconds, and another is not held back by it', async () => {
  using busy = await other.connect();
  using calm = await other.connect();
  const answers = await Promise.allSettled(Array.from({ length: 320 }, () => busy.request('ping', {})));
  const refused = answers.filter((answer) => answer.status === 'rejected');
  expect(refused).toHaveLength(20);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'rate_limited' });
  await calm.request('ping', {});
});

test('what a proxy says of an address counts where the proxy is trusted, and nothing else does', async () => {
  const [proxy, stranger] = ['127.0.0.41', '127.0.0.42'];
  await using server = await startServer({ RATE_LIMIT_FACTOR: '1', TRUSTED_PROXIES: proxy });
  const tries = async (from: string, forwardedFor: (attempt: number) => string) => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 11; attempt++) {
      const headers = { 'x-forwarded-for': forwardedFor(attempt) };
      statuses.push((await signIn('nobody', `guess ${attempt}`, from, server, headers)).status);
    }
    return statuses;
  };
  const [endless, ended] = [Array<number>(11).fill(401), [...Array<number>(10).fill(401), 429]];
  expect(await tries(stranger, (attempt) => `203.0.113.${attempt}`)).toEqual(ended);
  expect(await tries(proxy, (attempt) => `203.0.113.${attempt}`)).toEqual(endless);
  expect(await tries(proxy, () => '198.51.100.1')).toEqual(ended);
  // What the client itself has sent stands before what the proxy adds.
  expect(await tries(proxy, (attempt) => `203.0.113.${attempt}, 198.51.100.2`)).toEqual(ended);
});
