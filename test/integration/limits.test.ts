import type { ErrorBody, ErrorCode } from '#protocol/errors';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, request, TestAccount } from '../support/account.ts';
import { couple } from '../support/call.ts';
import { Refused, type TestConnection } from '../support/connection.ts';
import { jsonFrom, raw } from '../support/http.ts';
import { repetitions } from '../support/repetitions.ts';
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

/** From so many addresses the account is attacked. */
const ADDRESSES = repetitions('ATTACK_ADDRESSES', { quick: 200, nightly: 1_000 });
/** Hundreds of sign-ins, each of which takes the work of a password. */
const PATIENT = { timeout: 120_000 };

describe('an attack on one account', PATIENT, () => {
  const proxy = '127.0.0.41';
  let server: TestServer;
  let ann: TestAccount;
  beforeAll(async () => {
    server = await startServer({ RATE_LIMIT_FACTOR: '1', TRUSTED_PROXIES: proxy });
    ann = await TestAccount.signUp(server.url, 'ann');
  });
  afterAll(() => server.close());

  /** From any address, as a proxy reports it; with the device cookie of this account. */
  const from = (address: string, username: string, password: string, known?: TestAccount) =>
    signIn(username, password, proxy, server, {
      'x-forwarded-for': address,
      ...(known && {
        cookie: known.cookie.split('; ').find((one) => one.startsWith('chataway-device=')) ?? '',
      }),
    });

  test('from many addresses has at most 100 guesses an hour, under whatever spelling', async () => {
    let guesses = 0;
    const spellings = ['ann', 'ANN', 'ａｎｎ', 'ann@example.org', ' Ann '];
    for (let number = 0; number < ADDRESSES; number++) {
      const address = `10.1.${number >> 8}.${number & 255}`;
      const { status } = await from(address, spellings[number % spellings.length] ?? '', `guess ${number}`);
      expect([401, 429]).toContain(status);
      if (status === 401) guesses += 1;
    }
    expect(guesses).toBe(40);
    // Nor do the networks on which the account has signed in give an attacker there many more.
    await from('10.9.0.1', 'ann', PASSWORD, ann);
    for (let number = 0; number < 30; number++) {
      if ((await from('10.9.0.1', 'ann', `guess ${number}`)).status === 401) guesses += 1;
    }
    expect(guesses).toBeLessThanOrEqual(50);
  });

  test('does not lock its owner out of a known device, whatever its network', async () => {
    expect((await from('10.2.0.1', 'ann', PASSWORD)).status).toBe(429);
    expect((await from('10.2.0.1', 'ann', PASSWORD, ann)).status).toBe(200);
    expect((await from('10.1.0.1', 'ann', PASSWORD, ann)).status).toBe(200);
  });

  test('does not keep its owner, signed in, from changing the password or the email address', async () => {
    const email = { currentPassword: PASSWORD, email: 'ann@elsewhere.example' };
    expect((await ann.request('PUT', '/api/account/email', email)).status).toBe(200);
    const password = {
      currentPassword: PASSWORD,
      password: 'another good one',
      passwordRepeat: 'another good one',
    };
    expect((await ann.request('PUT', '/api/account/password', password)).status).toBe(204);
  });

  test('is bounded on a known device too, and a device known to one account is a stranger to another', async () => {
    const ben = await TestAccount.signUp(server.url, 'ben');
    const statuses: number[] = [];
    for (let number = 0; number < 12; number++) {
      statuses.push((await from(`10.3.0.${number}`, 'ben', `guess ${number}`, ben)).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const eve = await TestAccount.signUp(server.url, 'eve');
    let guesses = 0;
    for (let number = 0; number < 60; number++) {
      if ((await from(`10.4.0.${number}`, 'ben', `guess ${number}`, eve)).status === 401) guesses += 1;
    }
    expect(guesses).toBe(40);
  });

  test('at many names from one address shuts out strangers there, but none of its known devices', async () => {
    const cat = await TestAccount.signUp(server.url, 'cat');
    for (let number = 0; number < 52; number++) await from('10.5.0.1', `name-${number}`, 'a guess');
    expect((await from('10.5.0.1', 'cat', PASSWORD)).status).toBe(429);
    expect((await from('10.5.0.1', 'cat', PASSWORD, cat)).status).toBe(200);
    // And from then on the network is one that the account knows.
    expect((await from('10.5.0.1', 'cat', PASSWORD)).status).toBe(200);
  });

  test('from one IPv6 /48 is bounded as a whole, and its /64 networks one by one', async () => {
    const tries = async (address: (number: number) => string, count: number) => {
      let guesses = 0;
      for (let number = 0; number < count; number++) {
        const { status } = await from(address(number), `six-${number}`, 'a guess');
        if (status === 401) guesses += 1;
      }
      return guesses;
    };
    expect(await tries((number) => `2001:db8:1:1::${number + 1}`, 60)).toBe(50);
    expect(await tries((number) => `2001:db8:1:${number + 2}::1`, 200)).toBe(150);
    expect(await tries((number) => `2001:db8:2:${number + 2}::1`, 10)).toBe(10);
  });
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

test('asking by a change of email address which have an account is bounded by account, not only by session', async () => {
  await using server = await startServer({ RATE_LIMIT_FACTOR: '1' });
  await TestAccount.signUp(server.url, 'known');
  await TestAccount.signUp(server.url, 'eve');
  let told = 0;
  for (let round = 0; round < 4; round++) {
    const session = await TestAccount.signIn(server.url, 'eve');
    for (let number = 0; number < 3; number++) {
      const form = { currentPassword: PASSWORD, email: 'known@example.org' };
      const answer = await session.request('PUT', '/api/account/email', form);
      expect([400, 429]).toContain(answer.status);
      if (answer.status === 400) told += 1;
    }
  }
  expect(told).toBe(5);
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
  let names = 0;
  const tries = async (from: string, forwardedFor: (attempt: number) => string) => {
    const statuses: number[] = [];
    const name = `nobody-${++names}`;
    for (let attempt = 0; attempt < 11; attempt++) {
      const headers = { 'x-forwarded-for': forwardedFor(attempt) };
      statuses.push((await signIn(name, `guess ${attempt}`, from, server, headers)).status);
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

describe('what one account may have stored', PATIENT, () => {
  const outcomesOf = async (tab: TestConnection, conversationId: string, texts: readonly string[]) => {
    const outcomes = await Promise.allSettled(
      texts.map((text) => tab.request('sendMessage', { conversationId, id: randomUUID(), text })),
    );
    return outcomes.map((one) => (one.status === 'fulfilled' ? 'sent' : (one.reason as Refused).code));
  };

  test.each([
    ['200 messages a minute', 205, 'a', 200],
    ['512 KiB of text a minute', 70, '\u{1f600}'.repeat(2_500), 52],
  ])('is at most %s', async (_limit, count, text, expected) => {
    await using server = await startServer({ RATE_LIMIT_FACTOR: '1' });
    using world = await couple(server.url);
    const outcomes = await outcomesOf(world.a, world.conversationId, Array<string>(count).fill(text));
    expect(outcomes.filter((outcome) => outcome === 'sent')).toHaveLength(expected);
    expect(new Set(outcomes)).toEqual(new Set(['sent', 'rate_limited']));
    // The other one writes on.
    expect(await outcomesOf(world.b, world.conversationId, ['hello'])).toEqual(['sent']);
  });
});

test('the accounts of one network may start a hundred calls in ten minutes together', PATIENT, async () => {
  await using server = await startServer({ RATE_LIMIT_FACTOR: '1' });
  const callee = await TestAccount.signUp(server.url, 'callee');
  let started = 0;
  for (let number = 0; number < 11; number++) {
    const caller = await TestAccount.signUp(server.url, `caller-${number}`);
    using tab = await caller.connect();
    const { conversation } = await tab.request('openConversation', { accountId: callee.id });
    for (let round = 0; round < 10; round++) {
      const callId = randomUUID();
      const invitation = { callId, conversationId: conversation.id, kind: 'voice' } as const;
      const refused = await tab.request('invite', invitation).catch((error: unknown) => error);
      if (refused instanceof Refused) {
        expect(refused.code).toBe('rate_limited');
        continue;
      }
      started += 1;
      await tab.request('endCall', { callId });
    }
  }
  expect(started).toBe(100);
});

test('an account that calls all the time does not use up the calls of its network', PATIENT, async () => {
  await using server = await startServer({ RATE_LIMIT_FACTOR: '1' });
  using world = await couple(server.url);
  const invite = (tab: TestConnection, conversationId: string) =>
    tab.request('invite', { callId: randomUUID(), conversationId, kind: 'voice' });
  // Also what is refused counts: it costs the server as much.
  const attempts = Array.from({ length: 120 }, () => invite(world.a, randomUUID()));
  const refusals = await Promise.allSettled(attempts);
  const codes = refusals.map((one) => one.status === 'rejected' && (one.reason as Refused).code);
  expect(codes.filter((code) => code === 'not_found')).toHaveLength(30);
  expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(90);
  await invite(world.b, world.conversationId);
});
