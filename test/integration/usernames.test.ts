import type { ErrorBody } from '#protocol/errors';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, migrationSource } from '../../server/db/database.ts';
import { looksLike } from '../../server/accounts/skeleton.ts';
import { PASSWORD, request, TestAccount } from '../support/account.ts';
import { operatorDoor, pageDoor } from '../support/admin.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { nameSamples } from '../support/unicode-samples.ts';

let server: TestServer;
let founder: TestAccount;
beforeAll(async () => {
  server = await startServer();
  founder = await TestAccount.signUp(server.url, 'founder');
  await TestAccount.signUp(server.url, 'ann');
});
afterAll(() => server.close());

/** What the server finds wrong with the name of a form that is good otherwise; null where it makes the account. */
async function problemOf(username: string): Promise<string | null> {
  const body = {
    username,
    email: `${randomUUID()}@example.org`,
    password: PASSWORD,
    passwordRepeat: PASSWORD,
  };
  const response = await request(server.url, 'POST', '/api/account', { body });
  if (response.status === 201) return null;
  return ((await response.json()) as ErrorBody).error.fields?.['username'] ?? 'another field';
}

test.each([
  ['ꓮnn', 'bad_characters'],
  ['Ꭺnn', 'bad_characters'],
  ['աnn', 'mixed_scripts'],
  ['ⲁnn', 'bad_characters'],
  ['ɑnn', 'bad_characters'],
  ['anṇ', 'looks_alike'],
  ['ańñ', 'looks_alike'],
  ['ΑΝΝ', 'looks_alike'],
  ['ꭺdmin', 'bad_characters'],
  ['...', 'no_letter'],
  ['____', 'no_letter'],
  ['\u0301\u0302\u0303', 'bad_marks'],
  ['admin', 'reserved'],
  ['root', 'reserved'],
  ['support', 'reserved'],
  ['deleted-12345678', 'reserved'],
  ['ANN', 'taken'],
])('beside "ann", signing up as "%s" is refused: %s', async (name, problem) => {
  expect(await problemOf(name)).toBe(problem);
});

test('of names that look alike, sent at once, one is taken', async () => {
  const answers = await Promise.all(['lu1u', 'luIu', 'lulu', 'lülu', 'lu|u'].map(problemOf));
  expect(answers.filter((problem) => problem === null)).toHaveLength(1);
});

test.each([
  ['the page for admins', 'support', () => pageDoor(founder)],
  ['the command line', 'helpdesk', () => operatorDoor(server.dataDir)],
])('by %s, a reserved name can be given, and one that looks like another cannot', async (_, name, open) => {
  const add = (username: string) =>
    open().ask('createAccount', { username, email: `${randomUUID()}@example.org`, role: 'member' });
  expect((await add(name)).account.username).toBe(name);
  for (const other of ['anṇ', 'Ꭺnn', '...', 'deleted-12345678']) {
    await expect(add(other)).rejects.toMatchObject({ code: 'invalid' });
  }
});

test('what a deleted account was called can be taken again', async () => {
  const { id: accountId } = await TestAccount.signUp(server.url, 'pássing');
  expect(await problemOf('passing')).toBe('looks_alike');
  await pageDoor(founder).ask('deleteAccount', { accountId });
  expect(await problemOf('passing')).toBeNull();
});

test('names made from Unicode’s data are refused or accepted by their kind', async () => {
  const samples = nameSamples(160, 16);
  for (const name of ['ann', 'ben', 'sophie', 'marlene', 'oliver.k', 'paul_2', 'x-ray', 'josephine']) {
    await problemOf(name);
  }
  const accepted: string[] = [];
  for (const { kind, name } of samples) {
    const problem = await problemOf(name);
    const clashes = accepted.some((one) => looksLike(one, name));
    if (kind === 'honest' && !clashes) expect([name, problem]).toEqual([name, null]);
    if (kind !== 'honest') expect([name, problem]).not.toEqual([name, null]);
    if (problem === null) accepted.push(name);
  }
  expect(accepted).toHaveLength(20);
});

describe('accounts from before the rules', () => {
  test('stay, also where they look alike, and sign in; a new name that looks like them is refused', async () => {
    await using folder = await temporaryFolder();
    const database = connect(folder.path);
    await database.migrate.to({ name: '0003-operating.ts', migrationSource });
    for (const name of ['ann', 'ꓮnn', '...', 'admin']) {
      const keys = { username_key: name.toLowerCase(), email: `${randomUUID()}@example.org` };
      const rest = { role: 'member', password_hash: '', created_at: 1 };
      const row = { id: randomUUID(), username: name, email_key: keys.email, ...keys, ...rest };
      await database('accounts').insert(row);
    }
    await database.destroy();

    await using upgraded = await startServer({ DATA_DIR: folder.path });
    const { accounts } = await operatorDoor(folder.path).ask('listAccounts', { search: '' });
    expect(accounts.map(({ username }) => username).sort()).toEqual(['...', 'admin', 'ann', 'ꓮnn'].sort());
    await expect(TestAccount.signUp(upgraded.url, 'ànn')).rejects.toThrow('looks_alike');
    await TestAccount.signUp(upgraded.url, 'benedict');
  });
});
