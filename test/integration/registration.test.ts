import { join } from 'node:path';
import type { CurrentSession, WhoAmI } from '#protocol/account';
import type { ErrorBody } from '#protocol/errors';
import { expect, test } from 'vitest';
import { PASSWORD, request, TestAccount } from '../support/account.ts';
import { operatorDoor, pageDoor } from '../support/admin.ts';
import { withDatabase } from '../support/data.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/folder.ts';

/** Signs up, and tells how it went: the role, or the error's code. */
async function signUp(server: TestServer, username: string, invitation?: string): Promise<string> {
  const response = await request(server.url, 'POST', '/api/account', {
    body: {
      username,
      email: `${username}@example.org`,
      password: PASSWORD,
      passwordRepeat: PASSWORD,
      ...(invitation !== undefined && { invitation }),
    },
  });
  const body: unknown = await response.json();
  return response.ok ? ((body as CurrentSession).account?.role ?? 'nobody') : (body as ErrorBody).error.code;
}

const invitationOf = async (server: TestServer) =>
  operatorDoor(server.dataDir).ask('createInvitation', { days: 7 });

test('by invitation, from the first account on', async () => {
  await using server = await startServer({ REGISTRATION: 'invitation' });
  expect(await server.app.hint()).toContain('npm run admin -- invite');
  expect(await signUp(server, 'ann')).toBe('invitation_needed');
  expect(await signUp(server, 'ann', 'x'.repeat(32))).toBe('invitation_unknown');
  const { token } = await invitationOf(server);
  expect(token).toMatch(/^[\w-]{32}$/);
  // What fails leaves it unused.
  expect(await signUp(server, 'a', token)).toBe('invalid');
  expect(await signUp(server, 'ann', token)).toBe('admin');
  expect(await signUp(server, 'ben', token)).toBe('invitation_used');
  expect(await server.app.hint()).toBeUndefined();

  const second = await invitationOf(server);
  expect(await signUp(server, 'ann', second.token)).toBe('invalid');
  const third = await invitationOf(server);
  await operatorDoor(server.dataDir).ask('revokeInvitation', { invitationId: third.invitation.id });
  expect(await signUp(server, 'ben', third.token)).toBe('invitation_revoked');
  await withDatabase(server.dataDir, async (database) => {
    await database('invitations').where({ id: second.invitation.id }).update({ expires_at: Date.now() });
    expect(JSON.stringify(await database('invitations').select())).not.toContain(token);
  });
  expect(await signUp(server, 'ben', second.token)).toBe('invitation_expired');

  const { invitations } = await operatorDoor(server.dataDir).ask('listInvitations', {});
  expect(invitations.map(({ state, usedBy }) => [state, usedBy])).toEqual([
    ['revoked', null],
    ['expired', null],
    ['used', 'ann'],
  ]);
});

test('one invitation, two at once: one wins, the other leaves no trace', async () => {
  await using server = await startServer({ REGISTRATION: 'invitation' });
  for (let round = 0; round < 5; round++) {
    const { token } = await invitationOf(server);
    const names = [`a-${round}-x`, `b-${round}-x`, `c-${round}-x`];
    const outcomes = await Promise.all(names.map((name) => signUp(server, name, token)));
    expect(outcomes.filter((outcome) => outcome === 'invitation_used')).toHaveLength(2);
    const { accounts } = await operatorDoor(server.dataDir).ask('listAccounts', { search: `-${round}-x` });
    expect(accounts).toHaveLength(1);
  }
});

test('what an admin decides counts more than the setting, and outlives a restart', async () => {
  await using folder = await temporaryFolder();
  const DATA_DIR = join(folder.path, 'data');
  await using server = await startServer({ DATA_DIR });
  const modeOf = async (at: TestServer) =>
    ((await (await request(at.url, 'GET', '/api/session')).json()) as WhoAmI).registration;
  const ann = await TestAccount.signUp(server.url, 'ann');
  expect(await modeOf(server)).toBe('open');
  const { token } = await pageDoor(ann).ask('createInvitation', { days: 1 });
  await pageDoor(ann).ask('setRegistration', { registration: 'closed' });
  expect(await modeOf(server)).toBe('closed');
  expect(await signUp(server, 'ben')).toBe('registration_closed');
  expect(await signUp(server, 'ben', token)).toBe('registration_closed');

  await server.close();
  await using again = await startServer({ DATA_DIR, REGISTRATION: 'open' });
  expect(await modeOf(again)).toBe('closed');
  await operatorDoor(again.dataDir).ask('setRegistration', { registration: 'open' });
  // Open to all, an invitation is used where it is good and in nobody's way where it is not.
  expect(await signUp(again, 'ben', token)).toBe('member');
  expect(await signUp(again, 'cleo', token)).toBe('member');
  const { invitations } = await operatorDoor(again.dataDir).ask('listInvitations', {});
  expect(invitations).toMatchObject([{ state: 'used', usedBy: 'ben', createdBy: 'ann' }]);
});

test('closed from the start, the operator makes the admin', async () => {
  await using server = await startServer({ REGISTRATION: 'closed' });
  expect(await server.app.hint()).toContain('npm run admin -- add');
  expect(await signUp(server, 'ann')).toBe('registration_closed');
  const { account, password } = await operatorDoor(server.dataDir).ask('createAccount', {
    username: 'ann',
    email: 'ann@example.org',
    role: 'member',
  });
  expect(account.role).toBe('admin');
  expect((await TestAccount.signIn(server.url, 'ann', password)).self.role).toBe('admin');
});

test('invitations of an admin who is out open nothing', async () => {
  await using server = await startServer({ REGISTRATION: 'invitation' });
  const door = operatorDoor(server.dataDir);
  await door.ask('createAccount', { username: 'ann', email: 'ann@example.org', role: 'admin' });
  const { account, password } = await door.ask('createAccount', {
    username: 'ben',
    email: 'ben@example.org',
    role: 'admin',
  });
  const ben = await TestAccount.signIn(server.url, 'ben', password);
  const { token } = await pageDoor(ben).ask('createInvitation', { days: 1 });
  await door.ask('disableAccount', { accountId: account.id });
  expect(await signUp(server, 'mallory', token)).toBe('invitation_revoked');
});
