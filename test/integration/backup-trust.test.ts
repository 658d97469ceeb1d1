import Connection from 'better-sqlite3';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeBackup } from '../../server/db/backup.ts';
import {
  assertOurs,
  BackupError,
  describeFile,
  readBackup,
  signedText,
  verifyBackup,
} from '../../server/db/backup-folder.ts';
import { askServer } from '../../server/control/control-client.ts';
import { openDatabase } from '../../server/db/database.ts';
import { restoreBackup } from '../../server/db/restore.ts';
import { TestAccount } from '../support/account.ts';
import { runCommand } from '../support/command.ts';
import { makeDatabase } from '../support/database-state.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer } from '../support/server.ts';

const SLOW = 120_000;

/** A data folder with certificates, and a way to back it up. */
async function installation() {
  const folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await mkdir(join(data, 'acme', 'authority'), { recursive: true });
  await writeFile(join(data, 'acme', 'authority', 'account-key.pem'), 'key');
  await (await openDatabase(data)).destroy();
  const backUp = async () =>
    (await makeBackup({ folder: data, backups: join(folder.path, 'backups'), reason: 'asked' })).folder;
  return { folder, data, backUp, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Changes the backup's database, and its manifest with it: also one that is signed may have been made by such a server. */
async function alter(data: string, backup: string, statements: string): Promise<void> {
  const connection = new Connection(join(backup, 'chataway.sqlite'));
  connection.unsafeMode(true);
  connection.exec(statements);
  connection.close();
  await sealAnew(data, backup);
}

async function sealAnew(data: string, backup: string): Promise<void> {
  const { manifest } = await readBackup(backup);
  const files = await Promise.all(manifest.files.map(({ path }) => describeFile(backup, path)));
  await writeFile(join(backup, 'manifest.json'), signedText(data, { ...manifest, files }));
}

const CODE: [string, string][] = [
  [
    'a trigger that makes admins',
    "create trigger t after insert on sessions begin update accounts set role = 'admin'; end",
  ],
  [
    // "_" stands for any character in a pattern of `like`.
    'a trigger with nearly the name of statistics',
    "create trigger sqlitexstat1 after insert on sessions begin update accounts set role = 'admin'; end",
  ],
  [
    'a trigger with the name of statistics',
    `pragma writable_schema = on;
     insert into sqlite_schema values ('trigger', 'sqlite_stat9', 'sessions', 0,
       'create trigger sqlite_stat9 after insert on sessions begin update accounts set role = ''admin''; end')`,
  ],
  [
    'a view in the place of a table',
    'alter table blocks rename to kept; create view blocks as select * from kept',
  ],
  ['a table of its own', 'create table notes (text text)'],
  ['an index of its own', 'create index i on accounts (role)'],
  ['a table without an index', 'drop index messages_sender'],
  [
    'a column that is computed',
    'alter table accounts add column x text generated always as (lower(username))',
  ],
  ['a default that is computed', 'alter table accounts add column y text default (hex(1))'],
  ['fewer migrations than it says', "delete from knex_migrations where name like '0005%'"],
];

test.each(CODE)('a backup whose database has %s is refused', async (_what, statements) => {
  await using ours = await installation();
  const backup = await ours.backUp();
  await alter(ours.data, backup, statements);
  await expect(verifyBackup(backup)).rejects.toThrow(
    /has other tables, indexes, views or triggers than ChatAway/,
  );
  await expect(verifyBackup(backup)).rejects.toBeInstanceOf(BackupError);
});

test('statistics of SQLite’s planner are no reason to refuse a backup', async () => {
  await using ours = await installation();
  const connection = new Connection(join(ours.data, 'chataway.sqlite'));
  connection.exec('analyze');
  connection.close();
  await verifyBackup(await ours.backUp());
});

test('a backup of an older schema is as good as one of today’s', async () => {
  await using folder = await temporaryFolder();
  await makeDatabase(folder.path, { upTo: '0001-first.ts', messages: 10 });
  const { folder: backup } = await makeBackup({
    folder: folder.path,
    backups: join(folder.path, 'backups'),
    reason: 'asked',
  });
  expect((await verifyBackup(backup)).manifest.migrations).toEqual(['0001-first.ts']);
});

test('only what the manifest names is restored, and only plain files', async () => {
  await using ours = await installation();
  const backup = await ours.backUp();
  await writeFile(join(backup, 'acme', 'authority', 'example.org.pem'), 'a key of somebody else');
  await mkdir(join(backup, 'acme', 'other'));
  await writeFile(join(backup, 'acme', 'other', 'more.pem'), 'more');
  await using fresh = await temporaryFolder();
  const verified = await verifyBackup(backup);
  await restoreBackup({ backup: verified, folder: fresh.path, backups: join(fresh.path, 'backups') });
  expect(await readdir(join(fresh.path, 'acme'), { recursive: true })).toEqual([
    'authority',
    'authority/account-key.pem',
  ]);

  for (const [path, isFolder] of [
    ['acme', true],
    ['acme/authority', true],
    ['acme/authority/account-key.pem', false],
    ['chataway.sqlite', false],
  ] as const) {
    const one = await ours.backUp();
    const elsewhere = join(ours.folder.path, `elsewhere-${path.replaceAll('/', '-')}`);
    await rename(join(one, path), elsewhere);
    await symlink(elsewhere, join(one, path), isFolder ? 'dir' : 'file');
    await expect(verifyBackup(one), path).rejects.toThrow(/is missing or damaged/);
  }

  const { manifest } = await readBackup(backup);
  for (const path of ['session-secret', 'backups/x', 'acme/../session-secret', '/etc/passwd', 'acme//x']) {
    const files = [...manifest.files, { path, bytes: 0, sha256: '' }];
    await writeFile(join(backup, 'manifest.json'), JSON.stringify({ ...manifest, files }));
    await expect(verifyBackup(backup), path).rejects.toThrow(/cannot read/);
  }
});

test('what changes in a backup after it was verified is not restored', async () => {
  await using ours = await installation();
  for (const path of ['chataway.sqlite', 'acme/authority/account-key.pem']) {
    const folder = await ours.backUp();
    const verified = await verifyBackup(folder);
    if (path === 'chataway.sqlite') {
      const connection = new Connection(join(folder, path));
      connection.exec('create table notes (text text)');
      connection.close();
    } else {
      await writeFile(join(folder, path), 'a key of somebody else');
    }
    await using fresh = await temporaryFolder();
    const restoring = restoreBackup({
      backup: verified,
      folder: fresh.path,
      backups: join(fresh.path, 'backups'),
    });
    await expect(restoring).rejects.toThrow(`${path} in ${folder} changed while it was restored`);
    expect(await readdir(fresh.path)).toEqual([]);
  }
});

test('a backup is signed by the installation that made it, with a key that is in none', async () => {
  await using ours = await installation();
  await using theirs = await installation();
  const backup = await readBackup(await ours.backUp());
  const foreign = await readBackup(await theirs.backUp());
  assertOurs(backup, ours.data);
  const refused = /was not signed by this installation.*--trust/;
  expect(() => assertOurs(foreign, ours.data)).toThrow(refused);
  expect(() => assertOurs({ ...backup, signature: null }, ours.data)).toThrow(refused);
  expect(() => assertOurs({ ...backup, signature: '' }, ours.data)).toThrow(refused);
  expect(() => assertOurs({ ...backup, manifest: { ...backup.manifest, version: '9' } }, ours.data)).toThrow(
    refused,
  );
  expect((await stat(join(ours.data, 'backup-key'))).mode & 0o777).toBe(0o600);
  expect(await readdir(backup.folder, { recursive: true })).not.toContain('backup-key');
  await using fresh = await temporaryFolder();
  expect(() => assertOurs(backup, fresh.path)).toThrow(refused);
  expect(await readdir(fresh.path)).toEqual([]);
  await rm(join(ours.data, 'backup-key'));
  await writeFile(join(ours.data, 'backup-key'), 'cut');
  expect(() => assertOurs(backup, ours.data)).toThrow('backup-key in the data folder is damaged');
});

test(
  'one from elsewhere is restored only with --trust, with a server and without one',
  async () => {
    await using theirs = await installation();
    const backup = await theirs.backUp();
    await using folder = await temporaryFolder();
    const DATA_DIR = join(folder.path, 'data');
    {
      await using server = await startServer({ DATA_DIR });
      const ann = await TestAccount.signUp(server.url, 'ann');
      const refused = await runCommand('scripts/restore.ts', [backup], { DATA_DIR });
      expect(refused.output).toMatch(/^ChatAway: .* was not signed by this installation\. .*--trust\.\n$/);
      expect(refused.code).toBe(1);
      // The server itself looks, too: its socket is open to other programs of its owner.
      const answer = await askServer(DATA_DIR, 'restore', { folder: backup, trust: false });
      expect(JSON.stringify(answer)).toContain('was not signed by this installation');
      expect((await ann.request('GET', '/api/sessions')).status).toBe(200);
      const trusted = await runCommand('scripts/restore.ts', ['--trust', backup], { DATA_DIR });
      expect(trusted.output).toMatch(/^--trust: this backup is taken as it is\. .*admin.*\n.*\nRestored\./);
      expect((await ann.request('GET', '/api/sessions')).status).toBe(401);
    }
    const refused = await runCommand('scripts/restore.ts', [backup], { DATA_DIR });
    expect(refused.code).toBe(1);
    const trusted = await runCommand('scripts/restore.ts', [backup, '--trust'], { DATA_DIR });
    expect(trusted.code).toBe(0);
    // What was backed up here meanwhile is signed here.
    const names = await readdir(join(DATA_DIR, 'backups'));
    for (const name of names) assertOurs(await readBackup(join(DATA_DIR, 'backups', name)), DATA_DIR);
    expect(names.length).toBeGreaterThanOrEqual(2);
    expect(await readFile(join(DATA_DIR, 'backup-key'), 'utf8')).not.toBe(
      await readFile(join(theirs.data, 'backup-key'), 'utf8'),
    );
  },
  SLOW,
);
