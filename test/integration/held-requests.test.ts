import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SqlAccountRepository } from '../../server/db/account-repository.ts';
import { SqlAdminDatabase } from '../../server/db/admin-database.ts';
import { SqlSessionRepository } from '../../server/db/session-repository.ts';
import { PASSWORD, request, TestAccount } from '../support/account.ts';
import { withDatabase } from '../support/data.ts';
import { begin, jsonFrom } from '../support/http.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let admin: TestAccount;
let member: TestAccount;
beforeAll(async () => {
  server = await startServer();
  admin = await TestAccount.signUp(server.url, 'the-admin');
  member = await TestAccount.signUp(server.url, 'member');
});
afterAll(() => server.close());

const codeIn = (text: string) => (JSON.parse(text) as { error?: { code: string } }).error?.code;

/** A request whose headers and first byte have arrived, while the rest of its body is held back. */
async function hold(account: TestAccount, method: string, path: string, data: object) {
  const body = JSON.stringify(data);
  const { request: held, answer } = begin(server.url, path, {
    method,
    headers: { ...jsonFrom(server.url, account.cookie), 'content-length': String(body.length) },
  });
  held.write(body.slice(0, 1));
  // Another connection's answer shows that the server had time to take this one up.
  for (let round = 0; round < 3; round++) await request(server.url, 'GET', '/api/session');
  return () => {
    held.end(body.slice(1));
    return answer;
  };
}

const newAccount = { username: 'intruder', email: 'intruder@example.org', role: 'admin' };
const admins: [string, object][] = [
  ['createAccount', newAccount],
  ['createInvitation', { days: 7 }],
  ['listAccounts', { search: '' }],
  ['findAccount', { name: 'member' }],
  ['listAudit', {}],
  ['listInvitations', {}],
  ['getRegistration', {}],
  ['setRegistration', { registration: 'closed' }],
];

describe('a request whose session ends while its body is on the way', () => {
  test.each(admins)('is refused: admin method %s', async (method, data) => {
    const session = await TestAccount.signIn(server.url, 'the-admin');
    const finish = await hold(session, 'POST', `/api/admin/${method}`, data);
    expect((await admin.request('DELETE', '/api/sessions')).status).toBe(204);
    const { status, text } = await finish();
    expect([status, codeIn(text)]).toEqual([401, 'not_signed_in']);
  });

  test.each([
    ['/api/account/email', { currentPassword: PASSWORD, email: 'elsewhere@example.org' }],
    [
      '/api/account/password',
      { currentPassword: PASSWORD, password: 'quite another one', passwordRepeat: 'quite another one' },
    ],
  ])('is refused: PUT %s', async (path, data) => {
    const session = await TestAccount.signIn(server.url, 'member');
    const finish = await hold(session, 'PUT', path, data);
    expect((await member.request('DELETE', '/api/sessions')).status).toBe(204);
    const { status, text } = await finish();
    expect([status, codeIn(text)]).toEqual([401, 'not_signed_in']);
    await TestAccount.signIn(server.url, 'member');
  });

  test('has changed nothing', async () => {
    const names = await withDatabase(server.dataDir, (database) =>
      database('accounts').select<{ username: string; email: string }[]>('username', 'email'),
    );
    expect(names.map(({ username }) => username).toSorted()).toEqual(['member', 'the-admin']);
    expect(names.map(({ email }) => email)).not.toContain('elsewhere@example.org');
  });
});

test('a body that does not arrive in time is refused, and its connection closed', async () => {
  await using impatient = await startServer({}, { bodyWithin: 1_000 });
  const refusedAt = async (path: string) => {
    const { request: held, answer } = begin(impatient.url, path, {
      method: 'POST',
      headers: { ...jsonFrom(impatient.url), 'content-length': '100' },
    });
    const closed = new Promise((resolve) => held.once('close', resolve));
    held.write('{');
    const { status, text, headers } = await answer;
    expect([status, codeIn(text), headers.connection]).toEqual([408, 'too_slow', 'close']);
    await closed;
  };
  await Promise.all(['/api/session', '/api/account', '/api/admin/createAccount'].map(refusedAt));
  // A body that comes in pieces, in time, is read.
  const body = JSON.stringify({ username: 'nobody', password: 'x' });
  const { request: slow, answer } = begin(impatient.url, '/api/session', {
    method: 'POST',
    headers: { ...jsonFrom(impatient.url), 'content-length': String(body.length) },
  });
  slow.write(body.slice(0, 5));
  await pause(50);
  slow.end(body.slice(5));
  expect(codeIn((await answer).text)).toBe('wrong_credentials');
});

/** What a request may still do that has passed the session's check when that ends: its own transaction looks again. */
describe('a session that has ended', () => {
  const now = () => Date.now();

  test('changes nothing in the database', async () => {
    const account = await TestAccount.signUp(server.url, 'ended');
    await withDatabase(server.dataDir, async (database) => {
      const sessions = new SqlSessionRepository(database);
      const accounts = new SqlAccountRepository(database);
      const [session] = await sessions.listByAccount(account.id, now());
      const by = { accountId: account.id, sessionId: session?.id ?? '' };
      const { passwordHash } = (await accounts.find(account.id)) ?? { passwordHash: '' };

      // It lives: another account's id with it is refused, and so is an id that was never given.
      expect(await sessions.isLive(by, now())).toBe(true);
      expect(await sessions.isLive({ ...by, accountId: member.id }, now())).toBe(false);
      expect(await sessions.isLive({ ...by, sessionId: randomUUID() }, now())).toBe(false);
      expect(await sessions.isLive(by, (session?.expiresAt ?? 0) + 1)).toBe(false);

      await sessions.end({ accountId: account.id, except: null }, now(), null);
      expect(await sessions.isLive(by, now())).toBe(false);
      expect(await sessions.endBy(by, { except: by.sessionId }, now())).toBeUndefined();
      expect(await accounts.changeEmail(by, 'other@example.org', now())).toBe('session_ended');
      expect(await accounts.changePassword(by, passwordHash, 'hash', now())).toBe('session_ended');
      expect(await accounts.find(account.id)).toMatchObject({ email: 'ended@example.org', passwordHash });
    });
  });

  test('of a disabled account is none', async () => {
    const account = await TestAccount.signUp(server.url, 'switched-off');
    await withDatabase(server.dataDir, async (database) => {
      const { store } = new SqlAdminDatabase(database, 'open');
      const [session] = await store.sessions.listByAccount(account.id, now());
      const by = { accountId: account.id, sessionId: session?.id ?? '' };
      expect(await store.sessions.isLive(by, now())).toBe(true);
      await store.accounts.setDisabled(account.id, now());
      expect(await store.sessions.isLive(by, now())).toBe(false);
    });
  });
});
