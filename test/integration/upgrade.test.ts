import { appendFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { listBackups } from '../../server/db/backup-folder.ts';
import { knownMigrations } from '../../server/db/database.ts';
import { TestAccount } from '../support/account.ts';
import { couple } from '../support/call.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { addOneMessage, makeDatabase, stateOf } from '../support/database-state.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ServerProcess } from '../support/process.ts';
import { readAll, write } from '../support/writing.ts';

/** Each server and command is a process of its own. */
const SLOW = 180_000;
const ROOT = join(import.meta.dirname, '..', '..');
const FUTURE = '9999-future.ts';

/** ChatAway as it may be one day: this one, with one migration more, and whatever that does besides. */
async function makeNewerVersion(folder: string, besides = ''): Promise<string> {
  const root = join(folder, 'newer');
  await mkdir(root);
  for (const part of ['server', 'config', 'scripts/backup.ts', 'scripts/restore.ts', 'scripts/support']) {
    await cp(join(ROOT, part), join(root, part), { recursive: true });
  }
  for (const part of ['node_modules', 'dist']) await symlink(join(ROOT, part), join(root, part));
  const description = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as object;
  await writeFile(join(root, 'package.json'), JSON.stringify({ ...description, version: '99.0.0' }));
  await writeFile(
    join(root, 'server', 'db', 'migrations', FUTURE),
    `export async function up(knex) {
       await knex.schema.alterTable('accounts', (table) => table.text('future').notNullable().defaultTo('bright'));
       await knex.schema.alterTable('sessions', (table) => table.text('future').notNullable().defaultTo('bright'));
       ${besides}
     }
     export async function down() {}`,
  );
  return root;
}

test.each(await knownMigrations().then((names) => names.slice(0, -1)))(
  'a database that ends with %s is kept in a backup, and upgraded with all its data',
  async (upTo) => {
    await using folder = await temporaryFolder();
    await makeDatabase(folder.path, { upTo, messages: 500 });
    const old = await stateOf(folder.path);
    const { child, result, output } = startCommand('server/main.ts', [], {
      DATA_DIR: folder.path,
      PORT: '0',
      MEDIA_PORT: '0',
      MEDIA_WORKERS: '1',
      LOG_LEVEL: 'silent',
    });
    child.stdout?.on('data', () => output().includes('is ready') && child.kill('SIGTERM'));
    expect((await result).output).toMatch(
      /^The database is of an older version: it is kept in \S+, and upgraded\.\nChatAway is ready at \S+\n$/,
    );
    const { messages, seqs, characters } = old;
    expect(await stateOf(folder.path)).toMatchObject({
      messages,
      seqs,
      characters,
      migrations: await knownMigrations(),
    });
    const [backup] = await listBackups(join(folder.path, 'backups'));
    expect(backup?.name).toMatch(/-before-upgrade$/);
    expect(await stateOf(backup?.folder ?? '')).toEqual(old);
  },
  SLOW,
);

test('no migration steps out of the one transaction', async () => {
  for (const name of await knownMigrations()) {
    expect(await import(join(ROOT, 'server', 'db', 'migrations', name))).not.toHaveProperty('config');
  }
});

test(
  'upgrading to a newer version and rolling back: what was written before is there, the versions know each other',
  async () => {
    await using folder = await temporaryFolder();
    const newer = await makeNewerVersion(folder.path);
    const DATA_DIR = join(folder.path, 'data');
    const backups = join(DATA_DIR, 'backups');
    let ann: TestAccount;
    let conversationId: string;
    {
      await using server = await ServerProcess.start(DATA_DIR);
      using two = await couple(server.url);
      ({ ann, conversationId } = two);
      await write(two.a, conversationId, 'before the upgrade');
      await server.kill('SIGTERM');
    }
    {
      await using server = await ServerProcess.start(DATA_DIR, {}, newer);
      using a = await TestAccount.at(server.url, ann).connect();
      expect(await readAll(a, conversationId)).toMatchObject([{ text: 'before the upgrade' }]);
      await write(a, conversationId, 'after the upgrade');
      await server.kill('SIGTERM');
    }

    // The old version touches nothing that it does not understand.
    const refused = await runCommand('server/main.ts', [], {
      DATA_DIR,
      PORT: '0',
      MEDIA_PORT: '0',
      LOG_LEVEL: 'silent',
    });
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(
      /^The database in \S+ was written by a newer ChatAway \(9999-future\.ts\): start that version, or go back with "npm run restore", which lists the backups\.\n$/,
    );

    const list = await runCommand('scripts/restore.ts', [], { DATA_DIR });
    const name = /^(\S+-before-upgrade) /m.exec(list.output)?.[1] ?? '';
    const restored = await runCommand('scripts/restore.ts', [name], { DATA_DIR });
    const kept = /is the backup (\S+)\.\n$/.exec(restored.output)?.[1] ?? '';
    {
      await using server = await ServerProcess.start(DATA_DIR);
      // Signed in as before, though the newer version has written the sessions.
      using a = await TestAccount.at(server.url, ann).connect();
      expect(await readAll(a, conversationId)).toMatchObject([{ text: 'before the upgrade' }]);

      // What the newer version has left is for the newer version alone.
      const wrong = await runCommand('scripts/restore.ts', [kept], { DATA_DIR });
      expect(wrong.output).toMatch(/^ChatAway: \S+ was made by a newer ChatAway \(/);
      await server.kill('SIGTERM');
    }
    await runCommand('scripts/restore.ts', [kept], { DATA_DIR }, newer);
    await using server = await ServerProcess.start(DATA_DIR, {}, newer);
    using a = await TestAccount.at(server.url, ann).connect();
    expect((await readAll(a, conversationId)).map(({ text }) => text)).toEqual([
      'before the upgrade',
      'after the upgrade',
    ]);
    expect(await readdir(backups)).toHaveLength(3);
  },
  SLOW,
);

test(
  'where the backup fails, the upgrade does not begin',
  async () => {
    await using folder = await temporaryFolder();
    const DATA_DIR = join(folder.path, 'data');
    await makeDatabase(DATA_DIR, { upTo: '0001-first.ts', messages: 10 });
    const old = await stateOf(DATA_DIR);
    await writeFile(join(folder.path, 'file'), '');
    const { code, output } = await runCommand('server/main.ts', [], {
      DATA_DIR,
      BACKUP_DIR: join(folder.path, 'file', 'backups'),
      LOG_LEVEL: 'silent',
    });
    expect(output).toMatch(/^Before the database is upgraded it is backed up to \S+, which failed: .+\n$/);
    expect(code).toBe(1);
    expect(await stateOf(DATA_DIR)).toEqual(old);
  },
  SLOW,
);

test.each([
  ['fails', 'throw new Error("too much for it");'],
  ['is killed', 'process.kill(process.pid, "SIGKILL"); await new Promise(() => undefined);'],
])(
  'an upgrade that %s again and again keeps one backup, of what is still there',
  async (_, besides) => {
    await using folder = await temporaryFolder();
    const newer = await makeNewerVersion(folder.path, besides);
    const DATA_DIR = join(folder.path, 'data');
    const backups = join(DATA_DIR, 'backups');
    await makeDatabase(DATA_DIR, { upTo: '0002-ringing.ts', messages: 50 });
    const old = await stateOf(DATA_DIR);
    const upgrade = () =>
      runCommand('server/main.ts', [], { DATA_DIR, PORT: '0', MEDIA_PORT: '0', LOG_LEVEL: 'silent' }, newer);
    const told = /^The database is of an older version: it is kept in (\S+), and upgraded\.$/m;
    const first = await upgrade();
    const kept = told.exec(first.output)?.[1] ?? '';
    expect(first.code).not.toBe(0);
    const second = await upgrade();
    expect(told.exec(second.output)?.[1]).toBe(kept);
    expect(await readdir(backups)).toEqual([basename(kept)]);
    expect(await stateOf(DATA_DIR)).toEqual(old);
    expect(await stateOf(kept)).toEqual(old);

    // What has changed since is in another one, and one that is damaged is none.
    await addOneMessage(DATA_DIR);
    await upgrade();
    expect(await readdir(backups)).toHaveLength(2);
    const newest = (await listBackups(backups)).at(-1)?.folder ?? '';
    await appendFile(join(newest, 'chataway.sqlite'), 'x');
    await upgrade();
    expect(await readdir(backups)).toHaveLength(3);
  },
  SLOW,
);
