import { adminMethods, changes, type AdminData, type AdminMethod, type Change } from '#protocol/admin';
import type { ErrorBody } from '#protocol/errors';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, request, TestAccount } from '../support/account.ts';
import { operatorDoor, pageDoor, type AdminDoor } from '../support/admin.ts';
import { couple, invite, reaches } from '../support/call.ts';
import { withDatabase } from '../support/data.ts';
import { reportNote } from '../support/report.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let admin: TestAccount;
beforeAll(async () => {
  server = await startServer();
  admin = await TestAccount.signUp(server.url, 'the-admin');
});
afterAll(() => server.close());

let names = 0;
const someone = () => TestAccount.signUp(server.url, `someone-${++names}`);

const codeOf = async (response: Response) => ((await response.json()) as ErrorBody).error.code;

/** What each change is tried with; a method without a row does not compile. */
const CASES: { [M in Change]: (door: AdminDoor) => Promise<AdminData<M>> } = {
  createAccount: () => {
    const username = `made-${++names}`;
    return Promise.resolve({ username, email: `${username}@example.org`, role: 'member' });
  },
  disableAccount: async () => ({ accountId: (await someone()).id }),
  async enableAccount(door) {
    const { id: accountId } = await someone();
    await door.ask('disableAccount', { accountId });
    return { accountId };
  },
  deleteAccount: async () => ({ accountId: (await someone()).id }),
  setRole: async () => ({ accountId: (await someone()).id, role: 'admin' }),
  resetPassword: async () => ({ accountId: (await someone()).id }),
  endSessions: async () => ({ accountId: (await someone()).id }),
  setRegistration: () => Promise.resolve({ registration: 'open' }),
  createInvitation: () => Promise.resolve({ days: 7 }),
  async revokeInvitation(door) {
    const { invitation } = await door.ask('createInvitation', { days: 1 });
    return { invitationId: invitation.id };
  },
  async closeReport() {
    using world = await couple(server.url);
    return { reportId: await reportNote(world) };
  },
};

/** Does it, and gives back the answer as text. */
async function tryOut(door: AdminDoor, method: Change): Promise<string> {
  const one = async <M extends Change>(name: M) => door.ask(name, await CASES[name](door));
  return JSON.stringify(await one(method));
}

const CHANGES = Object.keys(changes) as Change[];

describe.each([
  ['a page', () => pageDoor(admin), () => ({ id: admin.id, name: 'the-admin' })],
  ['the control socket', () => operatorDoor(server.dataDir), () => null],
])('by %s', (_name, openDoor, actor) => {
  test.each(CHANGES)('%s is done, and stands in the audit log without a secret', async (method) => {
    const door = openDoor();
    const answer = await tryOut(door, method);
    const { entries } = await door.ask('listAudit', {});
    expect(entries[0]).toMatchObject({ action: method, actor: actor() });
    expect(Date.now() - (entries[0]?.at ?? 0)).toBeLessThan(60_000);
    if (method !== 'setRegistration') expect(entries[0]?.subject?.id).toMatch(/^[0-9a-f-]{36}$/);
    const secret = /"(?:password|token)":"([^"]+)"/.exec(answer)?.[1];
    if (secret !== undefined) expect(JSON.stringify(entries)).not.toContain(secret);
  });

  test('every question has its answer', async () => {
    const door = openDoor();
    const ben = await someone();
    const { username } = ben.self;
    const found = await door.ask('findAccount', { name: username.toUpperCase() });
    expect(found.account).toMatchObject({ id: ben.id, role: 'member', sessions: 1, disabledAt: null });
    expect(await door.ask('listAccounts', { search: username })).toEqual({
      accounts: [found.account],
      more: false,
    });
    const { sessions } = await door.ask('listSessions', { accountId: ben.id });
    expect(sessions).toMatchObject([{ userAgent: 'node' }]);
    expect(await door.ask('getRegistration', {})).toEqual({ registration: 'open' });
    const { invitation } = await door.ask('createInvitation', { days: 3 });
    expect((await door.ask('listInvitations', {})).invitations[0]).toEqual(invitation);
  });

  test('what changes nothing leaves no entry', async () => {
    const door = openDoor();
    const before = (await door.ask('listAudit', {})).entries[0];
    const nobody = { accountId: randomUUID() };
    await expect(door.ask('disableAccount', nobody)).rejects.toMatchObject({ code: 'not_found' });
    await expect(door.ask('deleteAccount', nobody)).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      door.ask('createAccount', { username: 'the-admin', email: 'x@example.org', role: 'member' }),
    ).rejects.toMatchObject({ code: 'invalid' });
    expect((await door.ask('listAudit', {})).entries[0]).toEqual(before);
  });
});

describe('who may', () => {
  const methods = [...Object.keys(adminMethods), 'noSuchMethod'] as AdminMethod[];

  test.each(methods)('%s is for admins alone', async (method) => {
    const member = await someone();
    const response = await member.request('POST', `/api/admin/${method}`, {});
    expect([response.status, await codeOf(response)]).toEqual([403, 'forbidden']);
    const stranger = await request(server.url, 'POST', `/api/admin/${method}`, { body: {} });
    expect([stranger.status, await codeOf(stranger)]).toEqual([401, 'not_signed_in']);
    const foreign = await request(server.url, 'POST', `/api/admin/${method}`, {
      body: {},
      cookie: admin.cookie,
      headers: { origin: 'https://evil.example' },
    });
    expect([foreign.status, await codeOf(foreign)]).toEqual([403, 'wrong_origin']);
  });

  test('is asked of the database, not of what was so when they signed in', async () => {
    const other = await someone();
    const door = pageDoor(other);
    const change = (role: 'admin' | 'member') =>
      pageDoor(admin).ask('setRole', { accountId: other.id, role });
    await change('admin');
    expect((await door.ask('getRegistration', {})).registration).toBe('open');
    await change('member');
    await expect(door.ask('getRegistration', {})).rejects.toMatchObject({ code: 'forbidden' });

    // Disabled behind the server's back, so that the session lives on.
    await change('admin');
    await withDatabase(server.dataDir, async (database) => {
      await database('accounts').where({ id: other.id }).update({ disabled_at: Date.now() });
    });
    await expect(door.ask('getRegistration', {})).rejects.toMatchObject({ code: 'not_signed_in' });
    await pageDoor(admin).ask('deleteAccount', { accountId: other.id });
  });

  test('an admin learns that a method or its data is wrong', async () => {
    expect(await codeOf(await admin.request('POST', '/api/admin/toString', {}))).toBe('unknown_method');
    const wrong = await admin.request('POST', '/api/admin/setRole', { accountId: admin.id, role: 'king' });
    expect(await codeOf(wrong)).toBe('invalid');
  });
});

describe('the last admin', () => {
  test('stays, whatever is tried', async () => {
    const door = operatorDoor(server.dataDir);
    // Whom other tests have made admins.
    const { accounts } = await door.ask('listAccounts', { search: '' });
    for (const one of accounts.filter(({ id, role }) => role === 'admin' && id !== admin.id)) {
      await door.ask('setRole', { accountId: one.id, role: 'member' });
    }
    const last = { accountId: admin.id };
    await expect(door.ask('disableAccount', last)).rejects.toMatchObject({ code: 'last_admin' });
    await expect(door.ask('deleteAccount', last)).rejects.toMatchObject({ code: 'last_admin' });
    await expect(door.ask('setRole', { ...last, role: 'member' })).rejects.toMatchObject({
      code: 'last_admin',
    });
  });

  test('is one of two who demote each other at once', async () => {
    await using two = await startServer();
    const ann = await TestAccount.signUp(two.url, 'ann');
    const ben = await TestAccount.signUp(two.url, 'ben');
    await pageDoor(ann).ask('setRole', { accountId: ben.id, role: 'admin' });
    const outcomes = await Promise.allSettled([
      pageDoor(ann).ask('setRole', { accountId: ben.id, role: 'member' }),
      pageDoor(ben).ask('setRole', { accountId: ann.id, role: 'member' }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { accounts } = await operatorDoor(two.dataDir).ask('listAccounts', { search: '' });
    expect(accounts.filter(({ role }) => role === 'admin')).toHaveLength(1);
  });

  test('is not someone who is disabled', async () => {
    const door = pageDoor(admin);
    const { id: accountId } = await someone();
    await door.ask('disableAccount', { accountId });
    await expect(door.ask('setRole', { accountId, role: 'admin' })).rejects.toMatchObject({
      code: 'account_disabled',
    });
  });
});

describe('what people see of it', () => {
  test('who is disabled is out at once, in mid-call too, and comes back when enabled', async () => {
    using world = await couple(server.url);
    const { ann, ben, a, b, conversationId } = world;
    using c = await admin.connect();
    await c.request('listPeople', { search: '' });
    const callId = await invite(a, conversationId);
    await b.request('accept', { callId });

    await pageDoor(admin).ask('disableAccount', { accountId: ben.id });
    expect(await b.closed()).toBe(4000);
    expect((await reaches(a, callId, 'ended')).reason).toBe('hung_up');
    const told = await c.next('personChanged', ({ person }) => person.id === ben.id && !!person.gone);
    expect(told.person.gone).toBe('disabled');
    await expect(ben.connect()).rejects.toThrow('401');
    await expect(TestAccount.signIn(server.url, ben.self.username)).rejects.toThrow('account_disabled');
    const { people } = await c.request('listPeople', { search: ben.self.username });
    expect(people).toEqual([]);

    const message = { conversationId, id: randomUUID(), text: 'Are you there?' };
    await expect(a.request('sendMessage', message)).rejects.toMatchObject({ code: 'person_gone' });
    await expect(invite(a, conversationId)).rejects.toMatchObject({ code: 'person_gone' });
    const { conversations } = await a.request('listConversations', {});
    expect(conversations[0]?.people).toMatchObject([{ id: ben.id, gone: 'disabled' }]);

    await c.request('listPeople', { search: '' });
    await pageDoor(admin).ask('enableAccount', { accountId: ben.id });
    const isBack = { id: ben.id, username: ben.self.username, presence: 'offline' as const };
    await a.next('personChanged', ({ person }) => isDeepStrictEqual(person, isBack));
    expect((await c.request('listPeople', { search: ben.self.username })).people).toHaveLength(1);
    // The session of before stays ended.
    await expect(ben.connect()).rejects.toThrow('401');
    await TestAccount.signIn(server.url, ben.self.username);
    await a.request('sendMessage', message);
    expect(ann.self.role).toBe('member');
  });

  test('it stops ringing for whom is disabled', async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    await world.b.request('alert', { callId });
    await pageDoor(admin).ask('disableAccount', { accountId: world.ben.id });
    expect((await reaches(world.a, callId, 'ended')).reason).toBe('unavailable');
  });

  test('who is deleted is nobody any more, but what others have of them stays', async () => {
    using world = await couple(server.url);
    const { ben, a, b, conversationId } = world;
    await b.request('sendMessage', { conversationId, id: randomUUID(), text: 'Remember this.' });
    await b.request('block', { accountId: admin.id, blocked: true });

    await pageDoor(admin).ask('deleteAccount', { accountId: ben.id });
    expect(await b.closed()).toBe(4000);
    const { person } = await a.next('personChanged', (data) => data.person.gone === 'deleted');
    expect(person.username).toMatch(/^deleted-[0-9a-f]{8}$/);
    const { messages } = await a.request('listMessages', { conversationId, after: 0 });
    expect(messages).toMatchObject([{ text: 'Remember this.', senderId: ben.id }]);
    await expect(
      a.request('sendMessage', { conversationId, id: randomUUID(), text: 'Hm?' }),
    ).rejects.toMatchObject({ code: 'person_gone' });
    await expect(invite(a, conversationId)).rejects.toMatchObject({ code: 'person_gone' });

    // Nothing of theirs is left but the log that tells of the deletion.
    const { username } = ben.self;
    await withDatabase(server.dataDir, async (database) => {
      for (const table of ['accounts', 'sessions', 'call_settings', 'blocks', 'invitations']) {
        expect(JSON.stringify(await database(table).select())).not.toContain(username);
      }
      expect(await database('blocks').where({ account_id: ben.id })).toEqual([]);
      const [session] = (await database('sessions').where({ account_id: ben.id })) as unknown[];
      expect(session).toMatchObject({ user_agent: '', address: '' });
    });
    for (const name of [username, person.username, `deleted ${ben.id}`]) {
      const form = { username: name, password: PASSWORD };
      expect((await request(server.url, 'POST', '/api/session', { body: form })).status).toBe(401);
    }
    await expect(pageDoor(admin).ask('enableAccount', { accountId: ben.id })).rejects.toMatchObject({
      code: 'not_found',
    });
    // Name and address can be taken again.
    const again = await TestAccount.signUp(server.url, username);
    expect(again.id).not.toBe(ben.id);
  });

  test('a new role is told at once', async () => {
    const ben = await someone();
    using connection = await ben.connect();
    await pageDoor(admin).ask('setRole', { accountId: ben.id, role: 'admin' });
    expect((await connection.next('selfChanged')).self).toEqual({ ...ben.self, role: 'admin' });
    await pageDoor(admin).ask('setRole', { accountId: ben.id, role: 'member' });
  });

  test('a reset password ends every session, and opens new ones', async () => {
    const ben = await someone();
    using connection = await ben.connect();
    const { password } = await pageDoor(admin).ask('resetPassword', { accountId: ben.id });
    expect(await connection.closed()).toBe(4000);
    await expect(TestAccount.signIn(server.url, ben.self.username)).rejects.toThrow('wrong_credentials');
    expect((await TestAccount.signIn(server.url, ben.self.username, password)).id).toBe(ben.id);
  });

  test('a reset password counts, whatever its owner does at the same moment', async () => {
    for (let round = 0; round < 4; round++) {
      const ben = await someone();
      const form = { currentPassword: PASSWORD, password: `${PASSWORD} 2`, passwordRepeat: `${PASSWORD} 2` };
      const [{ password }] = await Promise.all([
        pageDoor(admin).ask('resetPassword', { accountId: ben.id }),
        ben.request('PUT', '/api/account/password', form),
      ]);
      expect((await TestAccount.signIn(server.url, ben.self.username, password)).id).toBe(ben.id);
    }
  });

  test('one session is ended, the other stays', async () => {
    const here = await someone();
    const there = await TestAccount.signIn(server.url, here.self.username);
    using a = await here.connect();
    using b = await there.connect();
    const { sessions } = await pageDoor(admin).ask('listSessions', { accountId: here.id });
    expect(sessions).toHaveLength(2);
    const latest = sessions.reduce((one, other) => (one.createdAt > other.createdAt ? one : other));
    const which = { accountId: here.id, sessionId: latest.id };
    expect(await pageDoor(admin).ask('endSessions', which)).toEqual({ ended: 1 });
    expect(await b.closed()).toBe(4000);
    await a.request('ping', {});
    await expect(pageDoor(admin).ask('endSessions', which)).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('lists come in pages', { timeout: 60_000 }, async () => {
  await using big = await startServer();
  const door = operatorDoor(big.dataDir);
  for (let index = 0; index < 53; index++) {
    const username = `p-${String(index).padStart(2, '0')}`;
    await door.ask('createAccount', { username, email: `${username}@example.org`, role: 'member' });
    await door.ask('createInvitation', { days: 1 });
  }
  const first = await door.ask('listAccounts', { search: '' });
  expect([first.accounts.length, first.more]).toEqual([50, true]);
  const rest = await door.ask('listAccounts', { search: '', after: first.accounts.at(-1)?.username });
  expect(rest.accounts.map(({ username }) => username)).toEqual(['p-50', 'p-51', 'p-52']);

  const seen = new Set<string>();
  let more = true;
  for (let before: { time: number; id: string } | undefined; more;) {
    const page = await door.ask('listInvitations', { ...(before && { before }) });
    for (const { id } of page.invitations) seen.add(id);
    const last = page.invitations.at(-1);
    before = last && { time: last.createdAt, id: last.id };
    more = page.more;
  }
  expect(seen.size).toBe(53);

  const entries = (await door.ask('listAudit', {})).entries;
  const older = await door.ask('listAudit', { before: entries.at(-1)?.id });
  expect(older.entries[0]?.id).toBe((entries.at(-1)?.id ?? 0) - 1);
});
