import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { COMMANDS, type Input, type Output } from '../../scripts/admin/commands.ts';
import { UsageError } from '../../scripts/admin/command-error.ts';
import { openDoor } from '../../scripts/admin/door.ts';
import { request, TestAccount } from '../support/account.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer } from '../support/server.ts';

const MAIN = fileURLToPath(new URL('../../scripts/admin/main.ts', import.meta.url));

const ENVIRONMENT = { PUBLIC_URL: 'https://call.example.org' };
const LAST_ADMIN = 'This is the last admin: make someone else an admin first.';
const SEE_HELP = 'See "npm run admin -- help".';

interface Result {
  code: number;
  out: string;
  err: string;
}

/** The command as a process of its own, as an operator types it. */
function run(dataDir: string, ...words: string[]): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...ENVIRONMENT, DATA_DIR: dataDir };
    execFile(process.execPath, [MAIN, ...words], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

/** The same in this process, past what reads the words and prints the answer: most of each process is its start. */
async function command(
  dataDir: string,
  typed: string,
  options: Input['options'] = {},
  environment: Record<string, string> = ENVIRONMENT,
): Promise<Output> {
  const [name = '', ...words] = typed.split(' ');
  await using door = await openDoor(loadConfig({ ...environment, DATA_DIR: dataDir }));
  const found = COMMANDS[name];
  if (!found) throw new Error(`there is no command "${name}"`);
  return await found.run(door, { words, options });
}

const passwordIn = (out: string) => /[a-z2-9]{5}(?:-[a-z2-9]{5}){3}/.exec(out)?.[0] ?? '';

describe('the operator’s command', { timeout: 240_000 }, () => {
  test('does everything through the server that runs', async () => {
    await using server = await startServer({ REGISTRATION: 'invitation' });
    const { dataDir, url } = server;
    const does = async (typed: string, options?: Input['options']) =>
      (await command(dataDir, typed, options)).text;
    const invited = await run(dataDir, 'invite', '--days', '2');
    expect(invited).toMatchObject({ code: 0, err: '' });
    const link = invited.out.split('\n')[0] ?? '';
    expect(link).toMatch(/^https:\/\/call\.example\.org\/#\/sign-up\/[\w-]{32}$/);
    const form = {
      username: 'ann',
      email: 'ann@example.org',
      password: 'a quiet blue harbour',
      passwordRepeat: 'a quiet blue harbour',
      invitation: link.slice(link.lastIndexOf('/') + 1),
    };
    expect((await request(url, 'POST', '/api/account', { body: form })).status).toBe(201);

    const password = passwordIn(await does('add ben', { email: 'ben@example.org' }));
    const ben = await TestAccount.signIn(url, 'ben', password);
    using connection = await ben.connect();
    expect(await does('people BEN')).toMatch(/^NAME.*\nben +ben@example\.org +member +enabled/);
    expect(await does('promote ben@example.org')).toBe('ben is an admin.');
    expect((await connection.next('selfChanged')).self.role).toBe('admin');
    expect(await does('demote ben')).toBe('ben is no admin any more.');
    expect(await does('sessions ben')).toMatch(/^SESSION.*\n[\w-]+ +\S+ +[^\n]+ node$/);
    expect(await does('sign-out ben')).toBe('Sessions of ben that were ended: 1.');
    expect(await connection.closed()).toBe(4000);
    const fresh = passwordIn(await does('reset-password ben'));
    await TestAccount.signIn(url, 'ben', fresh);
    expect(await does('disable ben')).toBe('ben is disabled.');
    await expect(TestAccount.signIn(url, 'ben', fresh)).rejects.toThrow('account_disabled');
    expect(await does('enable ben')).toBe('ben is enabled.');
    await TestAccount.signIn(url, 'ben', fresh);
    expect(await does('delete ben', { yes: true })).toBe('ben is deleted.');
    expect(await does('registration')).toBe('Registration: invitation.');
    expect(await does('registration open')).toBe('Registration: open.');
    const { data } = await command(dataDir, 'invite');
    const { invitation } = data as { invitation: { id: string } };
    expect(await does(`revoke ${invitation.id}`)).toBe('The invitation is withdrawn.');
    expect((await command(dataDir, 'invitations')).data).toMatchObject({
      invitations: [{ state: 'revoked' }, { state: 'used', usedBy: 'ann', createdBy: null }],
    });
    const audit = await does('audit');
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
    ]);
    expect(audit).not.toContain(password);
  });

  test('does the same to the database where no server runs', async () => {
    await using folder = await temporaryFolder();
    const dataDir = folder.path;
    await (await startServer({ DATA_DIR: dataDir })).close();
    const password = passwordIn((await command(dataDir, 'add ann', { email: 'ann@example.org' })).text);
    expect((await command(dataDir, 'people')).text).toMatch(/ann +ann@example\.org +admin/);
    await command(dataDir, 'registration closed');
    expect((await command(dataDir, 'audit')).data).toMatchObject({
      entries: [{ action: 'setRegistration', actor: null }, { action: 'createAccount' }],
    });
    // At once they take turns.
    const names = ['p-one', 'p-three', 'p-two'];
    await Promise.all(names.map((name) => command(dataDir, `add ${name}`, { email: `${name}@example.org` })));
    const { accounts } = (await command(dataDir, 'people')).data as { accounts: { username: string }[] };
    expect(accounts.map(({ username }) => username)).toEqual(['ann', ...names]);

    await using server = await startServer({ DATA_DIR: dataDir });
    expect((await TestAccount.signIn(server.url, 'ann', password)).self.role).toBe('admin');
  });

  test('makes links to the address that the server has, where its own settings name none', async () => {
    const link = async (dataDir: string, environment: Record<string, string>) =>
      (await command(dataDir, 'invite', {}, environment)).text;
    await using plain = await startServer();
    expect(await link(plain.dataDir, {})).toContain(`${plain.url}/#/sign-up/`);
    await using proxied = await startServer({ PUBLIC_URL: 'https://talk.example.org' });
    expect(await link(proxied.dataDir, {})).toMatch(/^https:\/\/talk\.example\.org\/#\/sign-up\//);
    await using below = await startServer({ PUBLIC_URL: 'https://example.org/chat/' });
    expect(await link(below.dataDir, {})).toMatch(/^https:\/\/example\.org\/chat\/#\/sign-up\//);
    expect(await link(proxied.dataDir, ENVIRONMENT)).toMatch(/^https:\/\/call\.example\.org\/#\/sign-up\//);
  });

  test('says in one sentence what is wrong', async () => {
    await using folder = await temporaryFolder();
    const dataDir = folder.path;
    const nothing = `There is no ChatAway in ${dataDir}: start it once, or set DATA_DIR to the folder that it has.`;
    await expect(command(dataDir, 'people')).rejects.toThrow(nothing);
    await (await startServer({ DATA_DIR: dataDir })).close();
    await command(dataDir, 'add ann', { email: 'ann@example.org' });
    await expect(command(dataDir, 'invite', { days: '0' })).rejects.toThrow(
      new UsageError('--days takes a whole number from 1 to 90'),
    );
    await expect(command(dataDir, 'disable nobody')).rejects.toThrow('There is no such account.');
    await expect(command(dataDir, 'delete ann')).rejects.toThrow(
      'Deleting ann cannot be undone: add --yes to do it.',
    );

    const typed = [['nonsense'], ['disable'], ['people', '--nope']];
    const wrong = await Promise.all(typed.map((words) => run(dataDir, ...words)));
    const sentences = ['there is no command "nonsense"', 'it is "disable <name>"', "Unknown option '--nope'"];
    expect(wrong).toEqual(
      sentences.map((what) => ({ code: 2, out: '', err: `ChatAway: ${what}. ${SEE_HELP}\n` })),
    );
    expect(await run(dataDir, 'add', 'x', '--email', 'y')).toEqual({
      code: 1,
      out: '',
      err: 'ChatAway: Username is too short, email is no email address.\n',
    });
    const { code, out, err } = await run(dataDir, 'demote', 'ann', '--json');
    expect([code, err]).toEqual([1, `ChatAway: ${LAST_ADMIN}\n`]);
    expect(JSON.parse(out)).toEqual({ error: { code: 'last_admin', message: LAST_ADMIN, fields: {} } });
    expect((await run(dataDir, 'help')).out).toContain('reset-password <name>');

    await rm(join(dataDir, 'chataway.sqlite'));
    await expect(command(dataDir, 'people')).rejects.toThrow(nothing);
  });
});
