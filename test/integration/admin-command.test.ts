import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { request, TestAccount } from '../support/account.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer } from '../support/server.ts';

const MAIN = fileURLToPath(new URL('../../scripts/admin/main.ts', import.meta.url));

interface Result {
  code: number;
  out: string;
  err: string;
}

/** The command as a process of its own, as an operator types it. */
function run(dataDir: string, ...words: string[]): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...process.env, DATA_DIR: dataDir, PUBLIC_URL: 'https://call.example.org' };
    execFile(process.execPath, [MAIN, ...words], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

const done = async (dataDir: string, ...words: string[]): Promise<string> => {
  const { code, out, err } = await run(dataDir, ...words);
  expect({ words, code, err }).toEqual({ words, code: 0, err: '' });
  return out;
};
const json = async (dataDir: string, ...words: string[]): Promise<unknown> =>
  JSON.parse(await done(dataDir, ...words, '--json'));

const passwordIn = (out: string) => /[a-z2-9]{5}(?:-[a-z2-9]{5}){3}/.exec(out)?.[0] ?? '';

describe('the operator’s command', { timeout: 240_000 }, () => {
  test('does everything through the server that runs', async () => {
    await using server = await startServer({ REGISTRATION: 'invitation' });
    const { dataDir, url } = server;
    const link = (await done(dataDir, 'invite', '--days', '2')).split('\n')[0] ?? '';
    expect(link).toMatch(/^https:\/\/call\.example\.org\/#\/sign-up\/[\w-]{32}$/);
    const form = {
      username: 'ann',
      email: 'ann@example.org',
      password: 'a quiet blue harbour',
      passwordRepeat: 'a quiet blue harbour',
      invitation: link.slice(link.lastIndexOf('/') + 1),
    };
    expect((await request(url, 'POST', '/api/account', { body: form })).status).toBe(201);

    const password = passwordIn(await done(dataDir, 'add', 'ben', '--email', 'ben@example.org'));
    const ben = await TestAccount.signIn(url, 'ben', password);
    using connection = await ben.connect();
    expect(await done(dataDir, 'people', 'BEN')).toMatch(/^NAME.*\nben +ben@example\.org +member +enabled/);
    expect(await done(dataDir, 'promote', 'ben@example.org')).toBe('ben is an admin.\n');
    expect((await connection.next('selfChanged')).self.role).toBe('admin');
    await done(dataDir, 'demote', 'ben');
    expect(await done(dataDir, 'sessions', 'ben')).toContain('node');
    expect(await done(dataDir, 'sign-out', 'ben')).toContain('1');
    expect(await connection.closed(1000)).toBe(4000);
    const fresh = passwordIn(await done(dataDir, 'reset-password', 'ben'));
    await TestAccount.signIn(url, 'ben', fresh);
    await done(dataDir, 'disable', 'ben');
    await expect(TestAccount.signIn(url, 'ben', fresh)).rejects.toThrow('account_disabled');
    await done(dataDir, 'enable', 'ben');
    await done(dataDir, 'delete', 'ben', '--yes');
    expect(await done(dataDir, 'registration')).toBe('Registration: invitation.\n');
    await done(dataDir, 'registration', 'open');
    const { invitation } = (await json(dataDir, 'invite')) as { invitation: { id: string } };
    await done(dataDir, 'revoke', invitation.id);
    expect(await json(dataDir, 'invitations')).toMatchObject({
      invitations: [{ state: 'revoked' }, { state: 'used', usedBy: 'ann', createdBy: null }],
    });
    const audit = await done(dataDir, 'audit');
    expect(audit.split('\n').map((line) => line.split(/ {2,}/)[2])).toEqual([
      'WHAT',
      'revokeInvitation',
      'createInvitation',
      'setRegistration',
      'deleteAccount',
      'enableAccount',
      'disableAccount',
      'resetPassword',
      'endSessions',
      'setRole',
      'setRole',
      'createAccount',
      'createInvitation',
      undefined,
    ]);
    expect(audit).not.toContain(password);
  });

  test('does the same to the database where no server runs', async () => {
    await using folder = await temporaryFolder();
    const dataDir = folder.path;
    await (await startServer({ DATA_DIR: dataDir })).close();
    const password = passwordIn(await done(dataDir, 'add', 'ann', '--email', 'ann@example.org'));
    expect(await done(dataDir, 'people')).toMatch(/ann +ann@example\.org +admin/);
    await done(dataDir, 'registration', 'closed');
    expect(await json(dataDir, 'audit')).toMatchObject({
      entries: [{ action: 'setRegistration', actor: null }, { action: 'createAccount' }],
    });
    // At once they take turns.
    const names = ['p-one', 'p-three', 'p-two'];
    await Promise.all(names.map((name) => done(dataDir, 'add', name, '--email', `${name}@example.org`)));
    const { accounts } = (await json(dataDir, 'people')) as { accounts: { username: string }[] };
    expect(accounts.map(({ username }) => username)).toEqual(['ann', ...names]);

    await using server = await startServer({ DATA_DIR: dataDir });
    expect((await TestAccount.signIn(server.url, 'ann', password)).self.role).toBe('admin');
  });

  test('says in one sentence what is wrong', async () => {
    await using folder = await temporaryFolder();
    const dataDir = folder.path;
    expect(await run(dataDir, 'people')).toMatchObject({
      code: 1,
      err: `ChatAway: There is no ChatAway in ${dataDir}: start it once, or set DATA_DIR to the folder that it has.\n`,
    });
    await (await startServer({ DATA_DIR: dataDir })).close();
    const refused = async (...words: string[]) => {
      const { code, err } = await run(dataDir, ...words);
      expect(err).toMatch(/^ChatAway: [^\n]+\.\n$/);
      return [code, err];
    };
    expect(await refused('nonsense')).toEqual([2, expect.stringContaining('no command "nonsense"')]);
    expect(await refused('disable')).toEqual([2, expect.stringContaining('disable <name>')]);
    expect(await refused('invite', '--days', '0')).toEqual([2, expect.stringContaining('from 1 to 90')]);
    expect(await refused('people', '--nope')).toEqual([2, expect.stringContaining('--nope')]);
    expect(await refused('disable', 'nobody')).toEqual([1, expect.stringContaining('no such account')]);
    expect(await refused('add', 'x', '--email', 'y')).toEqual([
      1,
      'ChatAway: Username is too short, email is no email address.\n',
    ]);
    await done(dataDir, 'add', 'ann', '--email', 'ann@example.org');
    expect(await refused('delete', 'ann')).toEqual([1, expect.stringContaining('--yes')]);
    expect(await refused('demote', 'ann')).toEqual([1, expect.stringContaining('last admin')]);
    const { out } = await run(dataDir, 'demote', 'ann', '--json');
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'last_admin' } });
    expect(await done(dataDir, 'help')).toContain('reset-password <name>');

    await rm(join(dataDir, 'chataway.sqlite'));
    expect((await run(dataDir, 'people')).code).toBe(1);
  });
});
