import type { SessionList } from '#protocol/account';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../server/accounts/account.ts';
import { SqlAccountRepository } from '../../server/db/account-repository.ts';
import { SqlAdminAccountRepository } from '../../server/db/admin-account-repository.ts';
import { SqlSessionRepository } from '../../server/db/session-repository.ts';
import { FactBus } from '../../server/fact-bus.ts';
import { createLogger } from '../../server/logger.ts';
import { SessionService } from '../../server/sessions/session-service.ts';
import { cookieOf, PASSWORD, request, TestAccount } from '../support/account.ts';
import { withDatabase } from '../support/data.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jsonFrom, raw } from '../support/http.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** Whose session a cookie opens, if any. */
async function usernameOf(cookie: string): Promise<string | null> {
  const response = await request(server.url, 'GET', '/api/session', { cookie });
  const { account } = (await response.json()) as { account: { username: string } | null };
  return account?.username ?? null;
}

async function listOf(account: TestAccount): Promise<SessionList['sessions']> {
  const response = await account.request('GET', '/api/sessions');
  return ((await response.json()) as SessionList).sessions;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Lets the account's sessions be older than they are. */
const moveExpiry = (account: TestAccount, expiresAt: number) =>
  withDatabase(server.dataDir, async (database) => {
    await database('sessions').where({ account_id: account.id }).update({ expires_at: expiresAt });
  });

describe('the cookie', () => {
  test('is HttpOnly, SameSite=Lax, for the whole site, signed and lasting', async () => {
    await TestAccount.signUp(server.url, 'biscuit');
    const body = { username: 'biscuit', password: PASSWORD };
    const lines = (await request(server.url, 'POST', '/api/session', { body })).headers.getSetCookie();
    expect(lines.map((line) => line.split('=')[0]).toSorted()).toEqual([
      'chataway',
      'chataway-device',
      'chataway.sig',
    ]);
    for (const line of lines) {
      expect(line).toMatch(/; path=\/;.*; samesite=lax; httponly$/i);
      expect(line).not.toMatch(/domain=|secure/i);
      const expires = Date.parse(/expires=([^;]+)/i.exec(line)?.[1] ?? '');
      expect(expires - Date.now()).toBeGreaterThan(29 * DAY_MS);
    }
  });

  test('opens nothing once a letter of it or of its signature is changed', async () => {
    const { cookie } = await TestAccount.signUp(server.url, 'forger');
    const flip = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    const [key = '', signature = ''] = cookie.split('; ');
    expect(await usernameOf(cookie)).toBe('forger');
    expect(await usernameOf(`${flip(key, 12)}; ${signature}`)).toBeNull();
    expect(await usernameOf(`${key}; ${flip(signature, 16)}`)).toBeNull();
    expect(await usernameOf(key)).toBeNull();
  });

  test('is nowhere in the database', async () => {
    const { cookie } = await TestAccount.signUp(server.url, 'secretive');
    const key = /chataway=([^;]+)/.exec(cookie)?.[1] ?? '';
    expect(key.length).toBeGreaterThanOrEqual(32);
    const rows = await withDatabase(server.dataDir, (database) => database('sessions').select<object[]>('*'));
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(key);
  });

  test('a visitor without a session is given none', async () => {
    const response = await request(server.url, 'GET', '/api/session');
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

test('the secret that signs is readable by its owner alone, and so is its folder', () => {
  expect(statSync(join(server.dataDir, 'session-secret')).mode & 0o777).toBe(0o600);
});

test('a data folder that others could read is closed at the start, with what is in it', async () => {
  await using folder = await temporaryFolder();
  const first = await startServer({ DATA_DIR: folder.path });
  await first.close();
  mkdirSync(join(folder.path, 'backups'));
  for (const name of ['', 'chataway.sqlite', 'session-secret', 'backups'])
    chmodSync(join(folder.path, name), 0o755);
  const again = await startServer({ DATA_DIR: folder.path });
  const names = ['', 'chataway.sqlite', 'chataway.sqlite-wal', 'session-secret', 'backups'];
  const open = names.filter((name) => (statSync(join(folder.path, name)).mode & 0o077) !== 0);
  await again.close();
  expect(open).toEqual([]);
});

test('at sign-in the cookie from before dies, whoever planted it', async () => {
  const attacker = await TestAccount.signUp(server.url, 'planter');
  await TestAccount.signUp(server.url, 'victim');
  using planted = await attacker.connect();
  const response = await request(server.url, 'POST', '/api/session', {
    body: { username: 'victim', password: PASSWORD },
    cookie: attacker.cookie,
  });
  expect(response.status).toBe(200);
  expect(await usernameOf(attacker.cookie)).toBeNull();
  expect(await usernameOf(cookieOf(response))).toBe('victim');
  expect(await planted.closed()).toBe(4000);
});

test('a cookie that nobody was ever given stays worth nothing after a sign-in with it', async () => {
  await TestAccount.signUp(server.url, 'careful');
  const made = `chataway=${'A'.repeat(32)}; chataway.sig=${'B'.repeat(43)}`;
  const body = { username: 'careful', password: PASSWORD };
  const response = await request(server.url, 'POST', '/api/session', { body, cookie: made });
  expect(cookieOf(response)).not.toContain('A'.repeat(32));
  expect(await usernameOf(made)).toBeNull();
});

describe('signing out', () => {
  test('closes every tab of the session within a second, and no other session', async () => {
    const here = await TestAccount.signUp(server.url, 'leaver');
    const there = await TestAccount.signIn(server.url, 'leaver');
    using one = await here.connect();
    using two = await here.connect();
    using other = await there.connect();
    const answer = await here.request('DELETE', '/api/session');
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie().join()).toContain('expires=Thu, 01 Jan 1970');
    expect(await Promise.all([one.closed(), two.closed()])).toEqual([4000, 4000]);
    expect(await usernameOf(here.cookie)).toBeNull();
    await expect(here.connect()).rejects.toThrow('401');
    await other.request('ping', {});
  });

  test('a session is renewed by use in the second half of its 30 days, and not before', async () => {
    const account = await TestAccount.signUp(server.url, 'regular');
    await moveExpiry(account, Date.now() + 16 * DAY_MS);
    expect((await account.request('GET', '/api/session')).headers.getSetCookie()).toEqual([]);
    await moveExpiry(account, Date.now() + 5 * DAY_MS);
    const response = await account.request('GET', '/api/session');
    expect(cookieOf(response)).toContain('chataway=');
    await withDatabase(server.dataDir, async (database) => {
      const row = await database('sessions')
        .where({ account_id: account.id })
        .first<{ expires_at: number }>();
      expect(row.expires_at - Date.now()).toBeGreaterThan(29 * DAY_MS);
    });
  });

  test('a renewal in flight does not revive the session', async () => {
    const account = await TestAccount.signUp(server.url, 'undead');
    await withDatabase(server.dataDir, async (database) => {
      const sessions = new SessionService({
        sessions: new SqlSessionRepository(database),
        days: 90,
        facts: new FactBus({ logger: createLogger('silent') }),
      });
      const found = await new SqlAccountRepository(database).find(account.id);
      const proof = { accountId: account.id, passwordHash: found?.passwordHash ?? '' };
      const origin = { userAgent: '', address: '127.0.0.1' };
      const key = sessions.newKey();
      await sessions.begin(key, proof, Date.now() + DAY_MS, origin);
      await sessions.extend(key, Date.now() + 2 * DAY_MS);
      expect(await sessions.identify(key)).toMatchObject({ accountId: account.id });
      await sessions.end({ key });
      // A request that saw the session alive writes it back when it is answered.
      await sessions.extend(key, Date.now() + 30 * DAY_MS);
      expect(await sessions.identify(key)).toBeUndefined();
    });
  });
});

test('a session ends 90 days after its sign-in, however much it is used, and its tabs close', async () => {
  await using swept = await startServer({}, { sweepEvery: 50 });
  const account = await TestAccount.signUp(swept.url, 'steady');
  using tab = await account.connect();
  const move = (change: object) =>
    withDatabase(swept.dataDir, async (database) => {
      await database('sessions').where({ account_id: account.id }).update(change);
    });
  const began = Date.now() - 85 * DAY_MS;
  // It would be renewed for 30 days more.
  await move({ created_at: began, expires_at: Date.now() + DAY_MS });
  expect((await account.request('GET', '/api/sessions')).status).toBe(200);
  const { expires_at } = await withDatabase(swept.dataDir, (database) =>
    database('sessions').where({ account_id: account.id }).first<{ expires_at: number }>(),
  );
  expect(expires_at).toBe(began + 90 * DAY_MS);
  await tab.request('ping', {});
  await move({ created_at: began - 5 * DAY_MS, expires_at: Date.now() - 1 });
  expect(await tab.closed()).toBe(4000);
  expect((await account.request('GET', '/api/sessions')).status).toBe(401);
});

test('whoever gave a password that was changed, or was disabled, before their session began has none', async () => {
  const account = await TestAccount.signUp(server.url, 'late');
  await withDatabase(server.dataDir, async (database) => {
    const accounts = new SqlAccountRepository(database);
    const sessions = new SessionService({
      sessions: new SqlSessionRepository(database),
      days: 90,
      facts: new FactBus({ logger: createLogger('silent') }),
    });
    const beginWith = async ({ passwordHash }: Account) => {
      const key = sessions.newKey();
      const proof = { accountId: account.id, passwordHash };
      await sessions.begin(key, proof, Date.now() + DAY_MS, { userAgent: '', address: '127.0.0.1' });
      return sessions.identify(key);
    };
    const before = await accounts.findByName('late');
    const password = 'another good password';
    const form = { currentPassword: PASSWORD, password, passwordRepeat: password };
    expect((await account.request('PUT', '/api/account/password', form)).status).toBe(204);
    const after = await accounts.findByName('late');
    if (!before || !after) throw new Error('there is no such account');
    await expect(beginWith(before)).rejects.toMatchObject({ code: 'wrong_credentials' });
    expect(await beginWith(after)).toMatchObject({ accountId: account.id });
    await new SqlAdminAccountRepository(database).setDisabled(account.id, Date.now());
    await expect(beginWith(after)).rejects.toMatchObject({ code: 'wrong_credentials' });
  });
});

describe("one's sessions", () => {
  test('are listed with what they were made from, and end one by one or all but this', async () => {
    const here = await TestAccount.signUp(server.url, 'keeper');
    const [second, third, fourth] = [
      await TestAccount.signIn(server.url, 'keeper'),
      await TestAccount.signIn(server.url, 'keeper'),
      await TestAccount.signIn(server.url, 'keeper'),
    ];
    using socket = await second.connect();
    const list = await listOf(here);
    expect(list).toHaveLength(4);
    expect(list.filter(({ current }) => current)).toHaveLength(1);
    for (const session of list)
      expect(session).toMatchObject({ address: expect.stringMatching(/^(127\.|::1)/) as string });
    const secondId = (await listOf(second)).find(({ current }) => current)?.id ?? '';
    expect((await here.request('DELETE', `/api/sessions/${secondId}`)).status).toBe(204);
    expect(await socket.closed()).toBe(4000);
    expect(await usernameOf(second.cookie)).toBeNull();
    expect(await usernameOf(third.cookie)).toBe('keeper');

    using another = await third.connect();
    expect((await here.request('DELETE', '/api/sessions')).status).toBe(204);
    expect(await another.closed()).toBe(4000);
    expect(await usernameOf(fourth.cookie)).toBeNull();
    expect(await listOf(here)).toEqual([expect.objectContaining({ current: true })]);
  });

  test("are nobody else's to see or end", async () => {
    const mine = await TestAccount.signUp(server.url, 'private');
    const stranger = await TestAccount.signUp(server.url, 'stranger');
    const id = (await listOf(mine))[0]?.id ?? '';
    expect((await listOf(stranger)).map((session) => session.id)).not.toContain(id);
    await stranger.request('DELETE', `/api/sessions/${id}`);
    expect(await usernameOf(mine.cookie)).toBe('private');
    expect((await stranger.request('DELETE', '/api/sessions/no-uuid')).status).toBe(404);
    expect((await stranger.request('DELETE', `/api/sessions/${randomUUID()}`)).status).toBeLessThan(500);
  });

  test('end when their time is over', async () => {
    const account = await TestAccount.signUp(server.url, 'expired');
    await moveExpiry(account, Date.now() - 1);
    expect(await usernameOf(account.cookie)).toBeNull();
    await expect(account.connect()).rejects.toThrow('401');
  });

  test('of a disabled account open nothing, and only who knows the password is told why', async () => {
    const account = await TestAccount.signUp(server.url, 'disabled');
    await withDatabase(server.dataDir, async (database) => {
      await database('accounts').where({ id: account.id }).update({ disabled_at: Date.now() });
    });
    expect(await usernameOf(account.cookie)).toBeNull();
    await expect(account.connect()).rejects.toThrow('401');
    const signIn = (password: string) =>
      raw(server.url, '/api/session', {
        method: 'POST',
        headers: jsonFrom(server.url),
        body: JSON.stringify({ username: 'disabled', password }),
      });
    expect(await signIn('not the one')).toMatchObject({ status: 401 });
    expect(await signIn(PASSWORD)).toMatchObject({ status: 403 });
  });
});
