import { readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { makeBackup } from '../../server/db/backup.ts';
import { databaseFile, openDatabase } from '../../server/db/database.ts';
import { TestAccount } from '../support/account.ts';
import { pageDoor } from '../support/admin.ts';
import { connectCall, couple, reaches } from '../support/call.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { makeDatabase } from '../support/database-state.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ServerProcess } from '../support/process.ts';
import { startServer } from '../support/server.ts';
import { readAll, write } from '../support/writing.ts';

/** Each command is a process of its own. */
const SLOW = 120_000;

const textsOf = (messages: { text: string }[]) =>
  messages.map(({ text }) => text).filter((text) => text !== '');

test(
  'a server that runs goes back to the backup, and its people come back',
  async () => {
    await using server = await startServer();
    const { url, dataDir: DATA_DIR } = server;
    using two = await couple(url);
    const { ann, ben, a, b, conversationId } = two;
    for (const text of ['one', 'two', 'three']) await write(a, conversationId, text);
    const stolen = await TestAccount.signIn(url, ann.self.username);
    const backup = await makeBackup({
      folder: DATA_DIR,
      backups: join(DATA_DIR, 'backups'),
      reason: 'asked',
    });

    // What happens after the backup.
    expect((await stolen.request('DELETE', '/api/session')).status).toBe(204);
    const tablet = await TestAccount.signIn(url, ben.self.username);
    const cid = await TestAccount.signUp(url, 'cid');
    await write(b, conversationId, 'four');
    await write(b, conversationId, 'five');
    const callId = await connectCall(two);
    await pageDoor(ann).ask('createInvitation', { days: 1 });

    const { code, output } = await runCommand('scripts/restore.ts', [backup.name], { DATA_DIR });
    expect(output).toMatch(/\nRestored\. What was there before is the backup (\S+)\.\n$/);
    expect(code).toBe(0);
    expect(await a.closed()).toBe(1012);
    expect(await b.closed()).toBe(1012);

    using again = await ann.connect(a.seat);
    using other = await ben.connect(b.seat);
    expect(again.snapshot.epoch).not.toBe(a.snapshot.epoch);
    expect(other.snapshot.epoch).toBe(again.snapshot.epoch);
    expect(textsOf(await readAll(again, conversationId))).toEqual(['one', 'two', 'three']);
    // Numbers are given out a second time.
    expect(await write(other, conversationId, 'another four')).toMatchObject({ seq: 4 });
    // Who was talking is talking.
    expect(again.snapshot.calls).toMatchObject([{ id: callId }]);
    expect(other.snapshot.calls).toMatchObject([{ id: callId }]);
    await again.request('endCall', { callId });
    await reaches(other, callId, 'ended');
    // Sessions are as they were before the restore, as far as the people are known.
    expect((await stolen.request('GET', '/api/sessions')).status).toBe(401);
    expect((await tablet.request('GET', '/api/sessions')).status).toBe(200);
    expect((await cid.request('GET', '/api/sessions')).status).toBe(401);
    expect(await readdir(DATA_DIR)).not.toContainEqual(expect.stringMatching(/^\.restore-/));

    // And back to what there was.
    const before = /is the backup (\S+)\.\n/.exec(output)?.[1] ?? '';
    await runCommand('scripts/restore.ts', [before], { DATA_DIR });
    // What was done stays known, the restores among it.
    expect(await pageDoor(ann).ask('listAudit', {})).toMatchObject({
      entries: [
        { action: 'restore', actor: null, details: { backup: before } },
        { action: 'restore', actor: null, details: { backup: backup.name } },
        { action: 'createInvitation' },
      ],
    });
    using back = await ann.connect();
    expect(textsOf(await readAll(back, conversationId))).toEqual(['one', 'two', 'three', 'four', 'five']);
    await TestAccount.signIn(url, 'cid');
  },
  SLOW,
);

test(
  'on a new machine everyone is there with what they wrote, and signs in again',
  async () => {
    await using folder = await temporaryFolder();
    const backups = join(folder.path, 'backups');
    let conversationId: string;
    let cookie: string;
    {
      await using old = await startServer({ DATA_DIR: join(folder.path, 'old') });
      using two = await couple(old.url);
      ({ conversationId } = two);
      ({ cookie } = two.ann);
      await write(two.a, conversationId, 'one');
      await mkdir(join(old.dataDir, 'acme', 'authority'), { recursive: true });
      await writeFile(join(old.dataDir, 'acme', 'authority', 'account-key.pem'), 'key');
      await makeBackup({ folder: old.dataDir, backups, reason: 'asked' });
    }
    const [name = ''] = await readdir(backups);
    const DATA_DIR = join(folder.path, 'new');
    const { output } = await runCommand('scripts/restore.ts', [join(backups, name), '--trust'], { DATA_DIR });
    expect(output).toMatch(/\nRestored\.\n$/);
    const key = join(DATA_DIR, 'acme', 'authority', 'account-key.pem');
    expect(await readFile(key, 'utf8')).toBe('key');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect((await stat(databaseFile(DATA_DIR))).mode & 0o777).toBe(0o600);

    await using server = await startServer({ DATA_DIR });
    const response = await fetch(`${server.url}/api/sessions`, { headers: { cookie } });
    expect(response.status).toBe(401);
    const ann = await TestAccount.signIn(server.url, 'ann-2');
    using a = await ann.connect();
    expect(textsOf(await readAll(a, conversationId))).toEqual(['one']);
  },
  SLOW,
);

test(
  'a damaged database is set aside, with its log',
  async () => {
    await using folder = await temporaryFolder();
    const DATA_DIR = join(folder.path, 'data');
    const backups = join(folder.path, 'backups');
    await makeDatabase(DATA_DIR, { upTo: '0001-first.ts', messages: 100 });
    const backup = await makeBackup({ folder: DATA_DIR, backups, reason: 'asked' });
    const damage = 'no database'.repeat(1_000);
    await writeFile(databaseFile(DATA_DIR), damage);
    await writeFile(`${databaseFile(DATA_DIR)}-wal`, damage);

    const { output } = await runCommand('scripts/restore.ts', [backup.folder], { DATA_DIR });
    const aside = /What was there before is damaged, and lies in (\S+)\.\n$/.exec(output)?.[1] ?? '';
    expect(await readdir(aside)).toEqual(expect.arrayContaining(['chataway.sqlite', 'chataway.sqlite-wal']));
    expect(await readFile(join(aside, 'chataway.sqlite'), 'utf8')).toBe(damage);
    await using server = await startServer({ DATA_DIR });
    expect((await fetch(`${server.url}/api/session`)).status).toBe(200);
  },
  SLOW,
);

test(
  'a server that is killed while it restores starts with the one database or the other',
  async () => {
    await using folder = await temporaryFolder();
    const DATA_DIR = folder.path;
    // Enough to take a while.
    await makeDatabase(DATA_DIR, { upTo: '0001-first.ts', messages: 20_000 });
    await (await openDatabase(DATA_DIR)).destroy();
    await using server = await ServerProcess.start(DATA_DIR);
    const cid = await TestAccount.signUp(server.url, 'cid');
    const backup = await makeBackup({
      folder: DATA_DIR,
      backups: join(DATA_DIR, 'backups'),
      reason: 'asked',
    });
    const { result } = startCommand('scripts/restore.ts', [backup.folder], { DATA_DIR });
    const over = new AbortController();
    void result.then(() => over.abort());
    const isUnderWay = () => readdirSync(DATA_DIR).some((name) => name.startsWith('.restore-'));
    // Nearly without a pause, for it lasts no longer than a few.
    while (!isUnderWay() && !over.signal.aborted) await breathe();
    await server.kill('SIGKILL');
    const { code, output } = await result;
    expect(output).not.toContain('Restored.');
    expect(code).not.toBe(0);

    await using next = await ServerProcess.start(DATA_DIR);
    using a = await TestAccount.at(next.url, cid).connect();
    expect(a.snapshot.self.username).toBe('cid');
    const again = await runCommand('scripts/restore.ts', [backup.folder], { DATA_DIR });
    expect(again.output).toContain('\nRestored.');
    expect(await readdir(DATA_DIR)).not.toContainEqual(expect.stringMatching(/^\.restore-/));
  },
  SLOW,
);

test(
  'a second restore waits for the first, and neither is lost',
  async () => {
    await using server = await startServer();
    const { dataDir: DATA_DIR } = server;
    await TestAccount.signUp(server.url, 'ann');
    const backup = await makeBackup({
      folder: DATA_DIR,
      backups: join(DATA_DIR, 'backups'),
      reason: 'asked',
    });
    const both = await Promise.all(
      [1, 2].map(() => runCommand('scripts/restore.ts', [backup.folder], { DATA_DIR })),
    );
    for (const { code, output } of both) {
      expect(output).toContain('\nRestored.');
      expect(code).toBe(0);
    }
    await TestAccount.signIn(server.url, 'ann');
  },
  SLOW,
);
