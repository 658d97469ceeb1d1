import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeBackup } from '../../server/db/backup.ts';
import { BackupError, listBackups, readBackup, verifyBackup } from '../../server/db/backup-folder.ts';
import { connect } from '../../server/db/database.ts';
import { restoreBackup } from '../../server/db/restore.ts';
import { TestAccount } from '../support/account.ts';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { Writer } from '../support/writing.ts';

/** Each command is a process of its own. */
const SLOW = 120_000;

/** The folder that the command names. */
const folderIn = (output: string) => /^Backed up to (\S+): /.exec(output)?.[1] ?? '';

async function messagesIn(folder: string): Promise<Map<string, { seq: number; text: string }>> {
  const database = connect(folder);
  try {
    const rows: { id: string; seq: number; text: string }[] = await database('messages').select(
      'id',
      'seq',
      'text',
    );
    return new Map(rows.map(({ id, seq, text }) => [id, { seq, text }]));
  } finally {
    await database.destroy();
  }
}

test(
  'every message acknowledged before a backup is in its restore, while people write at full speed',
  async () => {
    await using server = await startServer();
    const ann = await TestAccount.signUp(server.url, 'ann');
    const ben = await TestAccount.signUp(server.url, 'ben');
    using a = await ann.connect();
    using b = await ben.connect();
    const { conversation } = await a.request('openConversation', { accountId: ben.id });
    const writers = [new Writer(a, conversation.id), new Writer(b, conversation.id)];
    const acknowledged = () => writers.flatMap((writer) => writer.acknowledged);

    const made: { folder: string; before: ReturnType<typeof acknowledged> }[] = [];
    for (let round = 1; round <= 2; round++) {
      await until('more messages', () => acknowledged().length >= round * 100);
      const before = acknowledged();
      const { code, output } = await runCommand('scripts/backup.ts', [], { DATA_DIR: server.dataDir });
      expect(output).toMatch(/^Backed up to \S+: ChatAway \d\S+, 2 accounts, \d+ messages, [\d.]+ MiB\.\n$/);
      expect(code).toBe(0);
      expect(acknowledged().length).toBeGreaterThan(before.length);
      made.push({ folder: folderIn(output), before });
    }
    await Promise.all(writers.map((writer) => writer.stop()));

    for (const { folder, before } of made) {
      await using fresh = await temporaryFolder();
      const backup = await verifyBackup(folder);
      await restoreBackup({ backup, folder: fresh.path, backups: join(fresh.path, 'backups') });
      const restored = await messagesIn(fresh.path);
      for (const { id, seq, text } of before) expect(restored.get(id)).toEqual({ seq, text });
      // What came meanwhile is there up to one point of time: without gaps.
      const seqs = [...restored.values()].map(({ seq }) => seq).sort((x, y) => x - y);
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      expect(backup.manifest.counts.messages).toBe(restored.size);
    }
  },
  SLOW,
);

test(
  'it is its owner’s alone, tells what is in it, and only whole ones count',
  async () => {
    await using folder = await temporaryFolder();
    const DATA_DIR = join(folder.path, 'data');
    const BACKUP_DIR = join(folder.path, 'backups');
    await using server = await startServer({ DATA_DIR });
    await TestAccount.signUp(server.url, 'ann');
    await mkdir(join(DATA_DIR, 'acme', 'authority'), { recursive: true });
    await writeFile(join(DATA_DIR, 'acme', 'authority', 'example.org.pem'), 'certificate and key');
    await mkdir(join(BACKUP_DIR, '.partial-of-another'), { recursive: true });
    await mkdir(join(BACKUP_DIR, '2026-01-01T00-00-00.000Z'));
    await writeFile(join(BACKUP_DIR, 'notes.txt'), 'not ours');

    const first = folderIn((await runCommand('scripts/backup.ts', [], { DATA_DIR, BACKUP_DIR })).output);
    const { manifest, name } = await verifyBackup(first);
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/);
    expect(manifest).toMatchObject({ format: 1, reason: 'asked', counts: { accounts: 1, messages: 0 } });
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'chataway.sqlite',
      'acme/authority/example.org.pem',
    ]);
    for (const path of ['manifest.json', 'chataway.sqlite', 'acme/authority/example.org.pem']) {
      expect((await stat(join(first, path))).mode & 0o777).toBe(0o600);
    }
    for (const path of ['.', 'acme', 'acme/authority']) {
      expect((await stat(join(first, path))).mode & 0o777).toBe(0o700);
    }
    // What signs cookies stays where it is.
    expect(await readdir(first)).not.toContain('session-secret');

    const twice = await runCommand('scripts/backup.ts', ['--to', BACKUP_DIR, '--keep', '2'], { DATA_DIR });
    expect(twice.output).not.toContain('Removed');
    const third = await runCommand('scripts/backup.ts', ['--keep', '2'], { DATA_DIR, BACKUP_DIR });
    expect(third.output).toContain(`Removed: ${name}.`);
    expect(await listBackups(BACKUP_DIR)).toHaveLength(2);
    expect(await readdir(BACKUP_DIR)).toEqual(
      expect.arrayContaining(['.partial-of-another', '2026-01-01T00-00-00.000Z', 'notes.txt']),
    );
    const list = await runCommand('scripts/restore.ts', [], { DATA_DIR, BACKUP_DIR });
    expect(list.output.match(/^\d{4}-\S+ {2}ChatAway /gm)).toHaveLength(2);
  },
  SLOW,
);

test(
  'what cannot be restored is refused before anything changes, in one sentence',
  async () => {
    await using folder = await temporaryFolder();
    const DATA_DIR = join(folder.path, 'data');
    await using server = await startServer({ DATA_DIR });
    const ann = await TestAccount.signUp(server.url, 'ann');
    const backups = join(DATA_DIR, 'backups');
    const one = async () => (await makeBackup({ folder: DATA_DIR, backups, reason: 'asked' })).folder;
    const cases: [string, (backup: string) => Promise<void>, RegExp][] = [
      ['none at all', (backup) => rm(backup, { recursive: true }), /is no backup: it has no manifest\.json/],
      [
        'a byte that changed',
        async (backup) => {
          const file = join(backup, 'chataway.sqlite');
          const bytes = await readFile(file);
          bytes[5000] = (bytes[5000] ?? 0) ^ 1;
          await writeFile(file, bytes);
        },
        /chataway\.sqlite in \S+ is missing or damaged/,
      ],
      ['one byte more', (backup) => appendFile(join(backup, 'chataway.sqlite'), 'x'), /missing or damaged/],
      ['no database', (backup) => rm(join(backup, 'chataway.sqlite')), /missing or damaged/],
      ['a manifest cut off', (backup) => writeFile(join(backup, 'manifest.json'), '{ "fo'), /cannot read/],
      [
        'a path that leads elsewhere',
        async (backup) => {
          const { manifest } = await readBackup(backup);
          manifest.files.push({ path: '../session-secret', bytes: 43, sha256: '' });
          await writeFile(join(backup, 'manifest.json'), JSON.stringify(manifest));
        },
        /cannot read/,
      ],
      [
        'a schema of the future',
        async (backup) => {
          const { manifest } = await readBackup(backup);
          manifest.migrations.push('9999-future.ts');
          await writeFile(join(backup, 'manifest.json'), JSON.stringify(manifest));
        },
        /was made by a newer ChatAway/,
      ],
    ];
    let last = '';
    for (const [what, spoil, sentence] of cases) {
      const backup = await one();
      await spoil(backup);
      await expect(verifyBackup(backup), what).rejects.toThrow(sentence);
      await expect(verifyBackup(backup), what).rejects.toBeInstanceOf(BackupError);
      last = backup;
    }
    const { code, output } = await runCommand('scripts/restore.ts', [last], { DATA_DIR });
    expect(output).toMatch(/^ChatAway: \S+ was made by a newer ChatAway .+\.\n$/);
    expect(code).toBe(1);
    expect((await ann.request('GET', '/api/sessions')).status).toBe(200);
  },
  SLOW,
);

test(
  'where there is nothing to back up, or nothing that can be read, it says so',
  async () => {
    await using folder = await temporaryFolder();
    const DATA_DIR = folder.path;
    const none = await runCommand('scripts/backup.ts', [], { DATA_DIR });
    expect(none.output).toMatch(/^ChatAway: There is no database in .+\.\n$/);
    expect(none.code).toBe(1);

    await writeFile(join(DATA_DIR, 'chataway.sqlite'), 'no database'.repeat(1000));
    const damaged = await runCommand('scripts/backup.ts', [], { DATA_DIR });
    expect(damaged.output).toMatch(/^ChatAway: The database in .+ is damaged/);
    expect(damaged.code).toBe(1);
    // Nothing unfinished is left.
    expect(await readdir(join(DATA_DIR, 'backups'))).toEqual([]);

    const wrong = await runCommand('scripts/backup.ts', ['--keep', '0'], { DATA_DIR });
    expect(wrong.output).toMatch(/^ChatAway: --keep must be .+\.\n$/);
    expect(wrong.code).toBe(1);
  },
  SLOW,
);
