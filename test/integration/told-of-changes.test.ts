import type { WhoAmI } from '#protocol/account';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, request, TestAccount } from '../support/account.ts';
import { pageDoor } from '../support/admin.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let admin: TestAccount;
beforeAll(async () => {
  server = await startServer();
  admin = await TestAccount.signUp(server.url, 'the-admin');
});
afterAll(() => server.close());

const OTHER_PASSWORD = 'three green lanterns';

/** Why the session of this cookie is over, as its browser learns when it asks. */
async function endOf({ cookie }: Pick<TestAccount, 'cookie'>): Promise<WhoAmI['ended']> {
  const answer = await request(server.url, 'GET', '/api/session', { cookie });
  return ((await answer.json()) as WhoAmI).ended;
}

/** The latest entry of the audit log. */
async function lastEntry() {
  const { entries } = await pageDoor(admin).ask('listAudit', {});
  return entries[0];
}

test('a changed email address is told to the other sessions, once, and is in the audit log', async () => {
  const here = await TestAccount.signUp(server.url, 'mover');
  const open = await TestAccount.signIn(server.url, 'mover');
  const away = await TestAccount.signIn(server.url, 'mover');
  using mine = await here.connect();
  using theirs = await open.connect();

  const body = { currentPassword: PASSWORD, email: 'moved@example.org' };
  expect((await here.request('PUT', '/api/account/email', body)).status).toBe(200);
  const told = { email: 'moved@example.org' };
  expect(await theirs.next('emailChanged')).toEqual(told);
  // The session that changed it has its own words for that, and only the new address.
  expect((await mine.next('selfChanged')).self.email).toBe('moved@example.org');
  await mine.request('ping', {});
  expect(mine.all('emailChanged')).toEqual([]);

  // One that was not connected learns it when it is back.
  using back = await away.connect();
  expect(await back.next('emailChanged')).toEqual(told);
  for (const account of [here, open, away]) {
    using again = await account.connect();
    await again.request('ping', {});
    expect(again.all('emailChanged')).toEqual([]);
  }
  const own = { id: here.id, name: 'mover' };
  expect(await lastEntry()).toMatchObject({ actor: own, action: 'changeEmail', subject: own, details: {} });
});

test('a change that is refused is told to nobody', async () => {
  const here = await TestAccount.signUp(server.url, 'stayer');
  const other = await TestAccount.signIn(server.url, 'stayer');
  using tab = await other.connect();
  for (const body of [
    { currentPassword: 'not the one', email: 'new@example.org' },
    { currentPassword: PASSWORD, email: 'the-admin@example.org' },
  ]) {
    expect((await here.request('PUT', '/api/account/email', body)).status).toBe(400);
  }
  await tab.request('ping', {});
  expect(tab.all('emailChanged')).toEqual([]);
  expect((await lastEntry())?.actor?.name).not.toBe('stayer');
});

test('a session that somebody ended says why: another password, another device, an admin', async () => {
  const here = await TestAccount.signUp(server.url, 'ended');
  const other = await TestAccount.signIn(server.url, 'ended');
  const change = { currentPassword: PASSWORD, password: OTHER_PASSWORD, passwordRepeat: OTHER_PASSWORD };
  expect((await here.request('PUT', '/api/account/password', change)).status).toBe(204);
  // As often as it is asked: there may be several tabs.
  for (let tab = 0; tab < 2; tab++) expect(await endOf(other)).toBe('password_changed');
  const own = { id: here.id, name: 'ended' };
  expect(await lastEntry()).toMatchObject({ actor: own, action: 'changePassword', subject: own });

  const second = await TestAccount.signIn(server.url, 'ended', OTHER_PASSWORD);
  await here.request('DELETE', '/api/sessions');
  expect(await endOf(second)).toBe('elsewhere');
  expect(await endOf(here)).toBeNull();
  await pageDoor(admin).ask('endSessions', { accountId: here.id });
  expect(await endOf(here)).toBe('by_admin');

  const third = await TestAccount.signIn(server.url, 'ended', OTHER_PASSWORD);
  await third.request('DELETE', '/api/session');
  expect(await endOf(third)).toBeNull();
  const fourth = await TestAccount.signIn(server.url, 'ended', OTHER_PASSWORD);
  await pageDoor(admin).ask('disableAccount', { accountId: here.id });
  expect(await endOf(fourth)).toBe('by_admin');
  // A cookie whose signature is not ours tells nothing.
  const cookie = fourth.cookie.replace(/sig=.*/, `sig=${'A'.repeat(43)}`);
  expect(await endOf({ cookie })).toBeNull();
});
