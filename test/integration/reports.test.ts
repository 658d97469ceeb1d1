import { randomUUID } from 'node:crypto';
import type { AdminReport } from '#protocol/admin';
import { REPORT_MESSAGES_MAX, REPORT_NOTE_MAX } from '#protocol/limits';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { COMMANDS, type Input } from '../../scripts/admin/commands.ts';
import { openDoor } from '../../scripts/admin/door.ts';
import { TestAccount } from '../support/account.ts';
import { operatorDoor, pageDoor, type AdminDoor } from '../support/admin.ts';
import { couple, type Couple } from '../support/call.ts';
import type { TestConnection } from '../support/connection.ts';
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

/** Writes, and gives back the message's id. */
async function write(tab: TestConnection, conversationId: string, text: string): Promise<string> {
  const id = randomUUID();
  await tab.request('sendMessage', { conversationId, id, text });
  return id;
}

/** What Ann reports about Ben, but for what the test chooses. */
const about = ({ ben, conversationId }: Couple, chosen: { messages?: string[]; note?: string }) => ({
  id: randomUUID(),
  conversationId,
  accountId: ben.id,
  messages: [],
  note: '',
  ...chosen,
});

async function find(door: AdminDoor, id: string, closed = false): Promise<AdminReport | undefined> {
  let before: { time: number; id: string } | undefined;
  for (;;) {
    const page = await door.ask('listReports', { closed, ...(before && { before }) });
    const found = page.reports.find((one) => one.id === id);
    const last = page.reports.at(-1);
    if (found || !page.more || !last) return found;
    before = { time: last.createdAt, id: last.id };
  }
}

describe('a report', () => {
  test('brings the admins the chosen messages as they were, in their order, and no others', async () => {
    using world = await couple(server.url);
    const { a, b, ann, ben, conversationId } = world;
    const first = await write(b, conversationId, 'first\n\tchosen');
    await write(b, conversationId, 'not chosen');
    await write(a, conversationId, 'stop it');
    const second = await write(b, conversationId, 'second chosen');
    const report = about(world, { messages: [second, first, first], note: 'See for yourself.' });
    const sentAt = Date.now();
    await a.request('report', report);
    for (const door of [pageDoor(admin), operatorDoor(server.dataDir)]) {
      const found = await find(door, report.id);
      expect(found).toEqual({
        id: report.id,
        createdAt: expect.any(Number) as number,
        reporter: { id: ann.id, name: ann.self.username },
        reported: { id: ben.id, name: ben.self.username },
        note: 'See for yourself.',
        messages: [
          { text: 'first\n\tchosen', sentAt: expect.any(Number) as number },
          { text: 'second chosen', sentAt: expect.any(Number) as number },
        ],
        closed: null,
      });
      expect(Math.abs((found?.createdAt ?? 0) - sentAt)).toBeLessThan(10_000);
      expect(found?.messages[0]?.sentAt).toBeLessThanOrEqual(found?.createdAt ?? 0);
    }
    // Sent again, because the answer was lost, it stays one.
    await a.request('report', report);
    await withDatabase(server.dataDir, async (database) => {
      expect(await database('reports').where({ account_id: ben.id })).toHaveLength(1);
    });
  });

  test('has only messages of the reported person, in that conversation, that the reporter can see', async () => {
    using world = await couple(server.url);
    using other = await couple(server.url);
    const { a, b, ann, ben, conversationId } = world;
    const theirs = await write(b, conversationId, 'yours to report');
    const own = await write(a, conversationId, 'my own');
    const foreign = await write(other.b, other.conversationId, 'in another conversation');
    const { conversation } = await b.request('openConversation', { accountId: other.ann.id });
    const elsewhere = await write(b, conversation.id, 'of the same person, to another');
    await a.request('block', { accountId: ben.id, blocked: true });
    const unseen = await write(b, conversationId, 'while blocked');
    const refused = async (chosen: Parameters<typeof about>[1], code: string, more: object = {}) => {
      const report = { ...about(world, chosen), ...more };
      await expect(a.request('report', report), JSON.stringify(report)).rejects.toMatchObject({ code });
    };
    for (const id of [own, foreign, elsewhere, unseen, randomUUID()]) {
      await refused({ messages: [theirs, id] }, 'not_found');
    }
    const note = 'note';
    await refused({ note }, 'not_found', { conversationId: other.conversationId });
    await refused({ note }, 'not_found', { conversationId: randomUUID() });
    await refused({ note }, 'not_found', { accountId: other.ben.id });
    await refused({ note }, 'forbidden', { accountId: ann.id });
    // Others' conversations are not found either where the account is the right one.
    await expect(other.a.request('report', about(world, { messages: [theirs] }))).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await countAbout(ben)).toBe(0);
    await a.request('report', about(world, { messages: [theirs] }));
    expect(await countAbout(ben)).toBe(1);
  });

  test('has something in it, and not too much', async () => {
    using world = await couple(server.url);
    const { a } = world;
    const ids = (count: number) => Array.from({ length: count }, () => randomUUID());
    const wrong = [
      {},
      { note: ' \n\u200b' },
      { note: 'x'.repeat(REPORT_NOTE_MAX + 1) },
      { note: 'bell \u0007' },
      { messages: ids(REPORT_MESSAGES_MAX + 1) },
    ];
    for (const chosen of wrong) {
      await expect(a.request('report', about(world, chosen))).rejects.toMatchObject({ code: 'invalid' });
    }
    await a.request('report', about(world, { note: '🙂'.repeat(REPORT_NOTE_MAX) }));
  });

  test('tells the reported person nothing, not even where they are an admin', async () => {
    using world = await couple(server.url);
    const { a, b, ben } = world;
    await pageDoor(admin).ask('setRole', { accountId: ben.id, role: 'admin' });
    const door = pageDoor(ben);
    await b.next('selfChanged');
    const before = { told: b.received.length, ...(await door.ask('countReports', {})) };
    const id = await reportNote(world);
    await b.request('ping', {});
    expect({ told: b.received.length, ...(await door.ask('countReports', {})) }).toEqual(before);
    expect(await find(door, id)).toBeUndefined();
    await expect(door.ask('closeReport', { reportId: id })).rejects.toMatchObject({ code: 'not_found' });
    await pageDoor(admin).ask('closeReport', { reportId: id });
    expect(await find(door, id, true)).toBeUndefined();
    const { entries } = await door.ask('listAudit', {});
    expect(entries[0]).toMatchObject({ action: 'closeReport', subject: { id }, details: {} });
    expect(JSON.stringify(entries[0])).not.toContain(ben.id);
    expect(JSON.stringify(entries[0])).not.toContain(ben.self.username);
    await pageDoor(admin).ask('setRole', { accountId: ben.id, role: 'member' });
    await expect(door.ask('listReports', { closed: false })).rejects.toMatchObject({ code: 'forbidden' });
    await a.request('ping', {});
  });

  test('is bounded to ten an hour for an account', async () => {
    await using limited = await startServer({ RATE_LIMIT_FACTOR: '1' });
    using world = await couple(limited.url);
    for (let count = 0; count < 10; count++) await reportNote(world);
    await expect(reportNote(world)).rejects.toMatchObject({ code: 'rate_limited' });
    // Ben has reports of his own.
    const { a, b, ann, ben, conversationId } = world;
    await reportNote({ ...world, a: b, b: a, ann: ben, ben: ann, conversationId });
  });
});

const countAbout = ({ id }: TestAccount) =>
  withDatabase(server.dataDir, async (database) => {
    const rows: unknown[] = await database('reports').where({ account_id: id });
    return rows.length;
  });

describe('for admins', () => {
  test('a report is open until one of them closes it, and then kept with who did', async () => {
    using world = await couple(server.url);
    const door = pageDoor(admin);
    const { open } = await door.ask('countReports', {});
    const [id, other] = [await reportNote(world), await reportNote(world)];
    expect(await door.ask('countReports', {})).toEqual({ open: open + 2 });
    await door.ask('closeReport', { reportId: id });
    await operatorDoor(server.dataDir).ask('closeReport', { reportId: other });
    expect(await door.ask('countReports', {})).toEqual({ open });
    expect(await find(door, id)).toBeUndefined();
    expect((await find(door, id, true))?.closed).toEqual({
      at: expect.any(Number) as number,
      by: 'the-admin',
    });
    expect((await find(door, other, true))?.closed).toEqual({ at: expect.any(Number) as number, by: null });
    await expect(door.ask('closeReport', { reportId: id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(door.ask('closeReport', { reportId: randomUUID() })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('reports come in pages of ten', async () => {
    using world = await couple(server.url);
    const ids: string[] = [];
    for (let count = 0; count < 12; count++) ids.unshift(await reportNote(world));
    const door = pageDoor(admin);
    const first = await door.ask('listReports', { closed: false });
    expect([first.reports.length, first.more]).toEqual([10, true]);
    const last = first.reports.at(-1);
    const before = last && { time: last.createdAt, id: last.id };
    const second = await door.ask('listReports', { closed: false, ...(before && { before }) });
    const seen = [...first.reports, ...second.reports].map((one) => one.id);
    expect(seen.slice(0, 12).toSorted()).toEqual(ids.toSorted());
    for (const reportId of ids) await door.ask('closeReport', { reportId });
  });

  test('reports go with the account that they are about, and lose the name of a reporter who goes', async () => {
    using world = await couple(server.url);
    const { a, b, ann, ben, conversationId } = world;
    const text = `evidence-${randomUUID()}`;
    const message = await write(b, conversationId, text);
    const report = about(world, { messages: [message] });
    await a.request('report', report);
    const door = pageDoor(admin);
    await door.ask('deleteAccount', { accountId: ann.id });
    const found = await find(door, report.id);
    expect(found).toMatchObject({ reporter: null, reported: { id: ben.id }, messages: [{ text }] });
    expect(JSON.stringify(found)).not.toContain(ann.id);

    await door.ask('deleteAccount', { accountId: ben.id });
    expect(await find(door, report.id)).toBeUndefined();
    await withDatabase(server.dataDir, async (database) => {
      expect(await database('report_messages').where({ text })).toEqual([]);
    });
  });

  test('nothing is reported about an account that is deleted; one that is disabled can be', async () => {
    using world = await couple(server.url);
    const door = pageDoor(admin);
    await door.ask('disableAccount', { accountId: world.ben.id });
    await reportNote(world);
    await door.ask('deleteAccount', { accountId: world.ben.id });
    await expect(reportNote(world)).rejects.toMatchObject({ code: 'person_gone' });
    expect(await countAbout(world.ben)).toBe(0);
  });
});

describe('the operator’s command', () => {
  test('shows reports in full, closes them, and shows who did', async () => {
    await using own = await startServer();
    using world = await couple(own.url);
    const { a, b, ann, ben, conversationId } = world;
    const does = async (typed: string, options: Input['options'] = {}) => {
      const [name = '', ...words] = typed.split(' ');
      await using door = await openDoor(loadConfig({ DATA_DIR: own.dataDir }));
      const found = COMMANDS[name];
      if (!found) throw new Error(`there is no command "${name}"`);
      return (await found.run(door, { words, options })).text;
    };
    expect(await does('reports')).toBe('There are none.');
    const message = await write(b, conversationId, 'one line\nREPORT of a false one\u009b31m');
    const report = about(world, { messages: [message], note: 'look' });
    await a.request('report', report);
    const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d';
    const [head, who] = [`REPORT ${report.id}`, `${ann.self.username} reports ${ben.self.username}`];
    const body = `  Note:\n    look\n  ${time}:\n    one line\n    REPORT of a false one\\?31m`;
    expect(await does('reports')).toMatch(new RegExp(`^${head}\n${time}  ${who}\n${body}$`));
    expect(await does(`close-report ${report.id}`)).toBe('The report is closed.');
    expect(await does('reports')).toBe('There are none.');
    expect(await does('reports', { closed: true })).toMatch(
      new RegExp(`^${head}\n${time}  ${who}\n  Closed ${time} by operator\n${body}$`),
    );
    await expect(does(`close-report ${report.id}`)).rejects.toThrow(
      'There is no such report, or it is closed.',
    );
    expect(await does('audit')).toMatch(/operator +closeReport/);
  });
});
