import type { Call } from '#protocol/call';
import type { Person } from '#protocol/people';
import { DEFAULT_CALL_SETTINGS } from '#protocol/settings';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SqlSettingsRepository } from '../../server/db/settings-repository.ts';
import { TestAccount } from '../support/account.ts';
import { connectCall, couple, heard, invite, reaches, type Couple } from '../support/call.ts';
import type { TestConnection } from '../support/connection.ts';
import { withDatabase } from '../support/data.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { deadlines: { invitation: 400, ringing: 250 } });
});
afterAll(() => server.close());

const block = (by: TestConnection, account: TestAccount, blocked = true) =>
  by.request('block', { accountId: account.id, blocked });

const write = (tab: TestConnection, conversationId: string, text: string, id: string = randomUUID()) =>
  tab.request('sendMessage', { conversationId, id, text });

const byRole = (leg: string) => (leg.includes('"role":"caller"') ? -1 : 1);

/** Everything that a tab has heard, but for ids and times, which are never the same. */
function story(tab: TestConnection, from: number, names: readonly [string, string][]): string {
  // The database gives a call's legs in the order of their accounts' random ids.
  const inOrder = (key: string, value: unknown): unknown =>
    key === 'legs' && Array.isArray(value) ? value.map((leg) => JSON.stringify(leg)).toSorted(byRole) : value;
  let text = JSON.stringify(tab.received.slice(from), inOrder);
  for (const [id, name] of names) text = text.replaceAll(id, name);
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')
    .replaceAll(/"(createdAt|sentAt|startedAt|endedAt|alertedAt|answeredAt|time)":\d+/g, '"$1":0');
}

describe('someone who is blocked, compared with someone whose friend is away', () => {
  /** What Ann reads while she writes to Ben, calls him, gives up, and calls again until nobody answers. */
  async function whatAnnReads({ a, ann, ben, conversationId }: Couple): Promise<string> {
    await a.next('personChanged', ({ person }) => person.id === ben.id && person.presence === 'offline');
    const from = a.received.length;
    const sent = await write(a, conversationId, 'are you there?');
    expect(sent.seq).toBeGreaterThan(0);
    const first = await invite(a, conversationId);
    await a.request('endCall', { callId: first });
    const second = await invite(a, conversationId);
    await reaches(a, second, 'ended');
    using later = await ann.connect();
    const { messages, conversation } = await later.request('openConversation', { accountId: ben.id });
    const people = await later.request('listPeople', { search: ben.self.username });
    const { calls } = await later.request('listCalls', { missed: false });
    await until(
      'the entry of the last call',
      () => a.received.slice(from).filter(({ notice }) => notice === 'message').length >= 2,
    );
    const names: [string, string][] = [
      [ann.self.username, 'ann'],
      [ben.self.username, 'ben'],
    ];
    const shown = {
      messages,
      conversation,
      people: { ...people, online: 0 },
      calls,
      unread: later.snapshot.unread,
    };
    const held = { received: [{ notice: 'x', data: shown }] } as unknown as TestConnection;
    return story(a, from, names) + story(held, 0, names);
  }

  test('reads the same, word for word', async () => {
    using away = await couple(server.url);
    using blocked = await couple(server.url);
    // Ben is away; the other Ben is here and has blocked her.
    await block(blocked.b, blocked.ann);
    away.b.close();
    await away.b.closed();
    const [one, other] = [await whatAnnReads(away), await whatAnnReads(blocked)];
    expect(other).toBe(one);
    expect(one).toContain('"reason":"unreachable"');
  });

  test.each([{ whoMayRing: 'nobody' }, { whoMayRing: 'contacts' }, { doNotDisturb: true }] as const)(
    'reads the same where the settings refuse the call: %j',
    async (settings) => {
      const whatAnnIsTold = async (isBlocked: boolean) => {
        using world = await couple(server.url);
        const { a, b, ann, ben, conversationId } = world;
        await b.request('setCallSettings', { ...DEFAULT_CALL_SETTINGS, ...settings });
        if (isBlocked) await block(b, ann);
        b.close();
        await b.closed();
        await a.next('personChanged', ({ person }) => person.id === ben.id && person.presence === 'offline');
        const from = a.received.length;
        const callId = await invite(a, conversationId);
        await reaches(a, callId, 'ended');
        await a.request('ping', {});
        using later = await ben.connect();
        const missed = later.snapshot.missedCalls;
        const names: [string, string][] = [
          [ann.self.username, 'ann'],
          [ben.self.username, 'ben'],
        ];
        return { told: story(a, from, names), missed };
      };
      const [away, blocked] = [await whatAnnIsTold(false), await whatAnnIsTold(true)];
      expect(blocked.told).toBe(away.told);
      expect(away.told).toContain('"reason":"unavailable"');
      expect([away.missed, blocked.missed]).toEqual([1, 0]);
    },
  );

  test('reaches nobody: no notice, no message, no call, no count, also after the block', async () => {
    using world = await couple(server.url);
    const { a, b, ann, ben, conversationId } = world;
    await write(a, conversationId, 'before');
    await b.next('message');
    await block(b, ann);
    const from = b.received.length;
    const id = randomUUID();
    const { seq } = await write(a, conversationId, 'hidden', id);
    // Sent again it stays one message.
    expect((await write(a, conversationId, 'hidden', id)).seq).toBe(seq);
    const callId = await invite(a, conversationId);
    for (const method of ['accept', 'decline', 'endCall', 'alert'] as const) {
      await expect(b.request(method, { callId })).rejects.toMatchObject({ code: 'not_found' });
    }
    using during = await ben.connect();
    expect(during.snapshot.calls).toEqual([]);
    await reaches(a, callId, 'ended');
    await b.request('ping', {});
    expect(b.received.slice(from).map(({ notice }) => notice)).toEqual([]);

    const look = async () => {
      using tab = await ben.connect();
      const { conversation, messages } = await tab.request('openConversation', { accountId: ann.id });
      const after = await tab.request('listMessages', { conversationId, after: 0 });
      expect(after.messages).toEqual(messages);
      const [row] = tab.snapshot.conversations.conversations;
      expect(row).toEqual(conversation);
      return {
        texts: messages.map(({ text }) => text),
        last: conversation.lastMessage?.text,
        unread: conversation.lastSeq > conversation.readSeq,
        missed: tab.snapshot.missedCalls + conversation.missedCalls,
        calls: (await tab.request('listCalls', { missed: false })).calls.length,
      };
    };
    expect(await look()).toEqual({ texts: ['before'], last: 'before', unread: true, missed: 0, calls: 0 });
    await b.request('markRead', { conversationId, seq: 1_000_000 });

    // What was written meanwhile stays hidden; what comes now arrives, and is the only thing unread.
    await block(b, ann, false);
    await write(a, conversationId, 'after');
    await b.next('message', ({ message }) => message.text === 'after');
    expect(await look()).toEqual({
      texts: ['before', 'after'],
      last: 'after',
      unread: true,
      missed: 0,
      calls: 0,
    });
    const mine = await a.request('listMessages', { conversationId, after: 0 });
    expect(mine.messages.filter(({ call }) => !call).map(({ text }) => text)).toEqual([
      'before',
      'hidden',
      'after',
    ]);
  });

  test('sees the other as offline, in lists, conversations, counts and notices, until the block ends', async () => {
    using world = await couple(server.url);
    const { a, b, ann, ben } = world;
    const bystander = await TestAccount.signUp(server.url, `bystander-${randomUUID().slice(0, 6)}`);
    using c = await bystander.connect();
    const seenBy = async (tab: TestConnection) => {
      const page = await tab.request('listPeople', { search: '' });
      const { conversation } = await tab.request('openConversation', { accountId: ben.id });
      expect(conversation.people[0]?.presence).toBe(page.people.find(({ id }) => id === ben.id)?.presence);
      const order = page.people.map(({ presence }) => presence === 'offline');
      expect(order).toEqual(order.toSorted());
      return { presence: conversation.people[0]?.presence, online: page.online };
    };
    const before = await seenBy(a);
    expect(before.presence).toBe('online');
    await block(b, ann);
    // As if Ben had gone at this moment.
    const gone = await a.next(
      'personChanged',
      ({ person }) => person.id === ben.id && person.presence === 'offline',
    );
    expect(gone.online).toBe(before.online - 1);
    expect(await seenBy(a)).toEqual({ presence: 'offline', online: before.online - 1 });
    expect((await seenBy(c)).presence).toBe('online');

    const from = a.received.length;
    using phone = await ben.connect();
    phone.close();
    await phone.closed();
    // Ben calls someone, hangs up, leaves and comes back.
    const { conversation } = await b.request('openConversation', { accountId: bystander.id });
    const callId = await invite(b, conversation.id);
    await c.request('accept', { callId });
    await b.request('endCall', { callId });
    b.close();
    await b.closed();
    using back = await ben.connect();
    await a.request('ping', {});
    const told = a.received.slice(from).filter(({ data }) => JSON.stringify(data).includes(ben.id));
    expect(told).toEqual([]);
    // The count that comes with others' changes leaves Ben out as well.
    c.close();
    const change = await a.next(
      'personChanged',
      ({ person }) => person.id === bystander.id && person.presence === 'offline',
    );
    expect(change.online).toBe((await seenBy(a)).online);

    await block(back, ann, false);
    await a.next('personChanged', ({ person }) => person.id === ben.id && person.presence === 'online');
    expect((await seenBy(a)).presence).toBe('online');
  });

  test('is still offline for them after the server starts again', async () => {
    await using folder = await temporaryFolder();
    const first = await startServer({ DATA_DIR: folder.path });
    using world = await couple(first.url);
    await block(world.b, world.ann);
    const { people } = await world.a.request('listPeople', { search: world.ben.self.username });
    expect(people[0]?.presence).toBe('offline');
    await first.close();
    await using again = await startServer({ DATA_DIR: folder.path });
    using b = await TestAccount.at(again.url, world.ben).connect();
    using a = await TestAccount.at(again.url, world.ann).connect();
    expect((await a.request('listPeople', { search: world.ben.self.username })).people[0]?.presence).toBe(
      'offline',
    );
    expect((await b.request('listPeople', { search: world.ann.self.username })).people[0]?.presence).toBe(
      'online',
    );
  });
});

describe('who has blocked someone', () => {
  test('can neither write to them nor call them before unblocking them', async () => {
    using world = await couple(server.url);
    const { a, b, ann, conversationId } = world;
    const id = randomUUID();
    const { seq } = await write(b, conversationId, 'goodbye', id);
    await block(b, ann);
    await expect(write(b, conversationId, 'one more thing')).rejects.toMatchObject({ code: 'you_blocked' });
    await expect(invite(b, conversationId)).rejects.toMatchObject({ code: 'you_blocked' });
    // One that was written before, and is only sent again, stands.
    expect((await write(b, conversationId, 'goodbye', id)).seq).toBe(seq);
    await block(b, ann, false);
    await write(b, conversationId, 'hello again');
    await a.next('message', ({ message }) => message.text === 'hello again');
  });

  test('while they ring hears them no more; the caller gets no answer at the deadline', async () => {
    using away = await couple(server.url);
    using world = await couple(server.url);
    const ring = async ({ a, b, conversationId }: Couple) => {
      const callId = await invite(a, conversationId);
      await reaches(b, callId, 'calling');
      await b.request('alert', { callId });
      await reaches(a, callId, 'ringing');
      return callId;
    };
    const [other, callId] = [await ring(away), await ring(world)];
    const { a, b, ann, ben } = world;
    await block(b, ann);
    // On all of Ben's devices it is over at once, and nothing is left of it.
    expect(await reaches(b, callId, 'ended')).toMatchObject({ reason: 'unavailable', endedBy: null });
    expect(heard(a, callId)).toHaveLength(heard(away.a, other).length);
    await expect(b.request('accept', { callId })).rejects.toMatchObject({ code: 'not_found' });
    const strip = ({ version, state, reason, endedBy, legs }: Awaited<ReturnType<typeof reaches>>) => ({
      version,
      state,
      reason,
      endedBy,
      legs: legs.map(({ role, state: leg, inAnotherCall }) => ({ role, leg, inAnotherCall })),
    });
    const [unanswered, blocked] = [await reaches(away.a, other, 'ended'), await reaches(a, callId, 'ended')];
    expect(strip(blocked)).toEqual(strip(unanswered));
    expect(blocked.reason).toBe('no_answer');
    expect(heard(b, callId).map(({ state }) => state)).toEqual(['calling', 'ringing', 'ended']);
    using later = await ben.connect();
    expect(later.snapshot.missedCalls).toBe(0);
    expect(later.snapshot.conversations.conversations).toEqual([]);
    expect((await later.request('listCalls', { missed: false })).calls).toEqual([]);
    expect(b.all('missedCalls')).toEqual([]);
    expect((await a.request('listCalls', { missed: false })).calls).toMatchObject([
      { id: callId, reason: 'no_answer' },
    ]);
  });

  test('finds them, after unblocking, as if nothing had been sent meanwhile', async () => {
    using world = await couple(server.url);
    const { a, b, ann, ben, conversationId } = world;
    const facts = () =>
      withDatabase(server.dataDir, (database) =>
        new SqlSettingsRepository(database).ringFacts(conversationId, ben.id, ann.id, 0),
      );
    const given = await invite(b, conversationId);
    await b.request('endCall', { callId: given });
    await reaches(a, given, 'ended');
    await block(b, ann);
    const before = await facts();
    await write(a, conversationId, 'hidden');
    const hidden = await invite(a, conversationId);
    await a.request('endCall', { callId: hidden });
    await reaches(a, hidden, 'ended');
    expect(await facts()).toEqual(before);
    await block(b, ann, false);
    expect(await facts()).toMatchObject({ contact: false, unanswered: 1 });
    // Ann takes calls only from people to whom she has written: what she wrote has not reached Ben.
    await a.request('setCallSettings', { ...DEFAULT_CALL_SETTINGS, whoMayRing: 'contacts' });
    const callId = await invite(b, conversationId);
    expect(await reaches(b, callId, 'ended')).toMatchObject({ reason: 'unavailable' });
    await write(a, conversationId, 'this one arrives');
    expect(await facts()).toMatchObject({ contact: true, unanswered: 0 });
  });

  test('finds, after unblocking, one unread message where one was sent since', async () => {
    using world = await couple(server.url);
    const { a, b, ann, conversationId } = world;
    const { seq } = await write(a, conversationId, 'before the block');
    await b.request('markRead', { conversationId, seq });
    await block(b, ann);
    for (const text of ['hidden', 'hidden, too']) await write(a, conversationId, text);
    await block(b, ann, false);
    const sent = await write(a, conversationId, 'after it');
    const { conversation } = await b.next('message', ({ message }) => message.text === 'after it');
    expect(conversation).toMatchObject({ lastSeq: sent.seq, readSeq: sent.seq - 1 });
    // Of two that are unread both still are.
    await write(a, conversationId, 'one more');
    const next = await b.next('message', ({ message }) => message.text === 'one more');
    expect(next.conversation).toMatchObject({ lastSeq: sent.seq + 1, readSeq: sent.seq - 1 });
  });

  test.each(['caller', 'callee'] as const)(
    'in a call with them, as its %s, hangs up, and is gone for them after that',
    async (role) => {
      using world = await couple(server.url);
      const { a, b, ann, ben } = world;
      const callId = await connectCall(world);
      const [by, other, blocker, blocked] = role === 'caller' ? [a, b, ann, ben] : [b, a, ben, ann];
      const from = other.received.length;
      await block(by, blocked);
      expect(await reaches(other, callId, 'ended')).toMatchObject({ reason: 'hung_up' });
      await other.next(
        'personChanged',
        ({ person }) => person.id === blocker.id && person.presence === 'offline',
      );
      // As if they had hung up, and left.
      const told = other.received.slice(from).map(({ notice, data }) => {
        if (notice === 'call') return `call ${(data as { call: Call }).call.state}`;
        return notice === 'personChanged' ? (data as { person: Person }).person.presence : notice;
      });
      expect(told.filter((one) => one !== 'message')).toEqual(['call ended', 'online', 'offline']);
    },
  );

  test('while they call them cancels the call', async () => {
    using world = await couple(server.url);
    const { a, b, ben, conversationId } = world;
    const callId = await invite(a, conversationId);
    await reaches(b, callId, 'calling');
    await block(a, ben);
    expect((await reaches(b, callId, 'ended')).reason).toBe('cancelled');
  });

  test('who wait beside another call is in no other call for them', async () => {
    using world = await couple(server.url);
    const { a, b, ann, ben, conversationId } = world;
    const third = await TestAccount.signUp(server.url, `third-${randomUUID().slice(0, 6)}`);
    using c = await third.connect();
    const { conversation } = await b.request('openConversation', { accountId: third.id });
    const other = await invite(b, conversation.id);
    await reaches(c, other, 'calling');
    await c.request('accept', { callId: other });
    const callId = await invite(a, conversationId);
    const inAnotherCall = ({ legs }: Call) =>
      legs.find(({ accountId }) => accountId === ben.id)?.inAnotherCall;
    expect(heard(a, callId).map(inAnotherCall)).toContain(true);
    await block(b, ann);
    await a.next('call', ({ call }) => call.id === callId && inAnotherCall(call) === false);
    const end = await reaches(a, callId, 'ended');
    expect(end.reason).toBe('unreachable');
    const versions = heard(a, callId).map(({ version }) => version);
    expect(versions).toEqual(versions.map((_, index) => (versions[0] ?? 0) + index));
    await b.request('endCall', { callId: other });
  });

  test('and calls them after unblocking, while their hidden call still waits, is connected with them', async () => {
    using world = await couple(server.url);
    const { a, b, ann, conversationId } = world;
    await block(b, ann);
    const hidden = await invite(a, conversationId);
    await block(b, ann, false);
    const { call } = await b.request('invite', { callId: randomUUID(), conversationId, kind: 'voice' });
    expect(call).toMatchObject({ id: hidden, state: 'connecting', boundTo: b.seat.tab });
    await reaches(a, hidden, 'connecting');
    await b.request('endCall', { callId: hidden });
  });
});
