import { DEFAULT_CALL_SETTINGS, type CallSettings } from '#protocol/settings';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { couple, heard, invite, reaches, type Couple } from '../support/call.ts';
import { TestAccount } from '../support/account.ts';
import type { TestConnection } from '../support/connection.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const set = ({ b }: Couple, settings: Partial<CallSettings>) =>
  b.request('setCallSettings', { ...DEFAULT_CALL_SETTINGS, ...settings });

/** Ann calls Ben; how the call stands then. */
async function call({ a, conversationId }: Couple) {
  const invitation = { callId: randomUUID(), conversationId, kind: 'voice' as const };
  return (await a.request('invite', invitation)).call;
}

describe('who may ring', () => {
  test('nobody may while one wants no disturbance; the caller reads "unavailable", and the call is not lost', async () => {
    using world = await couple(server.url);
    await set(world, { doNotDisturb: true });
    const missed = await call(world);
    expect(missed).toMatchObject({ state: 'ended', reason: 'unavailable' });
    expect(await world.b.next('missedCalls')).toEqual({ count: 1 });
    expect(heard(world.b, missed.id).map(({ state }) => state)).toEqual(['ended']);
    expect((await world.b.request('listCalls', { missed: true })).calls).toMatchObject([{ id: missed.id }]);

    await set(world, {});
    expect((await call(world)).state).toBe('calling');
  });

  test('only those to whom one has written may, where one wants it so', async () => {
    using world = await couple(server.url);
    await set(world, { whoMayRing: 'contacts' });
    expect((await call(world)).reason).toBe('unavailable');
    const { conversationId } = world;
    await world.b.request('sendMessage', { conversationId, id: randomUUID(), text: 'call me' });
    expect((await call(world)).state).toBe('calling');
  });

  test('settings are told to one‘s other devices, and to nobody else', async () => {
    using world = await couple(server.url);
    using phone = await world.ben.connect();
    await set(world, { whoMayRing: 'nobody' });
    expect((await phone.next('settings')).calls.whoMayRing).toBe('nobody');
    expect((await world.b.request('getSettings', {})).calls.whoMayRing).toBe('nobody');
    expect(world.a.all('settings')).toEqual([]);
  });

  test('who lets many calls pass unanswered is left in peace, until they write', async () => {
    await using strict = await startServer({ RATE_LIMIT_FACTOR: '1' });
    using world = await couple(strict.url);
    for (let count = 0; count < 10; count++) {
      const { id: callId } = await call(world);
      await world.a.request('endCall', { callId });
    }
    await expect(call(world)).rejects.toMatchObject({ code: 'rate_limited' });
    const { conversationId } = world;
    await world.b.request('sendMessage', { conversationId, id: randomUUID(), text: 'what is it?' });
    expect((await call(world)).state).toBe('calling');
  });
});

describe('call waiting', () => {
  test('a second caller is told "in another call" while it rings, and can be answered', async () => {
    using world = await couple(server.url);
    const first = await invite(world.a, world.conversationId);
    await world.b.request('accept', { callId: first });
    const cleo = await TestAccount.signUp(server.url, 'cleo');
    using c = await cleo.connect();
    const { conversation } = await c.request('openConversation', { accountId: world.ben.id });
    const second = randomUUID();
    const answer = await c.request('invite', {
      callId: second,
      conversationId: conversation.id,
      kind: 'voice',
    });
    expect(answer.call.state).toBe('calling');
    expect(answer.call.legs.find((leg) => leg.role === 'callee')).toMatchObject({ inAnotherCall: true });

    await expect(world.b.request('accept', { callId: second })).rejects.toMatchObject({
      code: 'already_in_call',
    });
    await world.b.request('endCall', { callId: first });
    expect((await world.b.request('accept', { callId: second })).call.state).toBe('connecting');
  });

  const cleo = async () =>
    (await TestAccount.signUp(server.url, `cleo-${randomUUID().slice(0, 8)}`)).connect();

  /** Ann and Cleo both ring Ben. */
  async function two(world: Couple, c: TestConnection) {
    const { conversation } = await c.request('openConversation', { accountId: world.ben.id });
    const first = await invite(world.a, world.conversationId);
    const second = await invite(c, conversation.id);
    await world.b.request('alert', { callId: second });
    await reaches(c, second, 'ringing');
    return { first, second };
  }
  const besideAnother = (tab: TestConnection, callId: string, inAnotherCall: boolean) =>
    tab.next(
      'call',
      ({ call: { id, state, version, legs } }) =>
        id === callId &&
        state === 'ringing' &&
        // The invitation, and the alert.
        version > 2 &&
        legs.some((leg) => leg.role === 'callee' && leg.inAnotherCall === inAnotherCall),
    );

  test('who rings already is told when the other answers someone else, and when they are free again', async () => {
    using world = await couple(server.url);
    using c = await cleo();
    const { first, second } = await two(world, c);
    await world.b.request('accept', { callId: first });
    for (const tab of [world.b, c]) await besideAnother(tab, second, true);
    await world.a.request('endCall', { callId: first });
    for (const tab of [world.b, c]) await besideAnother(tab, second, false);
    expect((await world.b.request('accept', { callId: second })).call.state).toBe('connecting');
  });

  test('so it is when the other calls someone else', async () => {
    using world = await couple(server.url);
    using c = await cleo();
    const { first, second } = await two(world, c);
    await world.b.request('decline', { callId: first });
    const third = await invite(world.b, world.conversationId);
    await besideAnother(c, second, true);
    await world.a.request('decline', { callId: third });
    await besideAnother(c, second, false);
  });

  test('off, it ends what rings already when the other answers someone else: busy', async () => {
    using world = await couple(server.url);
    await set(world, { callWaiting: false });
    using c = await cleo();
    const { first, second } = await two(world, c);
    await world.b.request('accept', { callId: first });
    for (const tab of [world.b, c]) {
      expect(await reaches(tab, second, 'ended')).toMatchObject({ reason: 'busy', endedBy: null });
    }
    expect(heard(world.b, first).at(-1)?.state).toBe('connecting');
  });
});

describe('history', () => {
  test('each call is one entry in the conversation, with its outcome, and unread where it was missed', async () => {
    using world = await couple(server.url);
    const { conversationId } = world;
    const missed = await invite(world.a, conversationId);
    await world.a.request('endCall', { callId: missed });
    const notice = await world.b.next('message', ({ message }) => message.call?.id === missed);
    expect(notice.message).toMatchObject({
      seq: 1,
      senderId: world.ann.id,
      text: '',
      call: { reason: 'cancelled' },
    });
    expect(notice.conversation).toMatchObject({ readSeq: 0, missedCalls: 1 });

    const answered = await invite(world.a, conversationId);
    await world.b.request('accept', { callId: answered });
    await world.b.request('endCall', { callId: answered });
    await world.a.next('message', ({ message }) => message.call?.id === answered);

    const { messages } = await world.b.request('listMessages', { conversationId, after: 0 });
    expect(messages.map((message) => message.call?.reason)).toEqual(['cancelled', 'hung_up']);
    await world.b.request('markRead', { conversationId, seq: 2 });
    // Whoever has read of it in the conversation need not be told by the badge of the list.
    expect(await world.b.next('missedCalls', ({ count }) => count === 0)).toEqual({ count: 0 });
    const { conversations } = await world.b.request('listConversations', {});
    expect(conversations[0]).toMatchObject({ missedCalls: 0, lastMessage: { call: { id: answered } } });
  });

  test('whoever writes has seen what was missed above: the badge goes', async () => {
    using world = await couple(server.url);
    const { conversationId } = world;
    const callId = await invite(world.a, conversationId);
    await world.a.request('endCall', { callId });
    expect(await world.b.next('missedCalls')).toEqual({ count: 1 });
    await world.b.request('sendMessage', { conversationId, id: randomUUID(), text: 'I was out' });
    expect(await world.b.next('missedCalls', ({ count }) => count === 0)).toEqual({ count: 0 });
  });

  test('a call that both were in leaves nothing unread', async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    await world.b.request('decline', { callId });
    const { conversation } = await world.b.next('message', ({ message }) => message.call?.id === callId);
    expect(conversation).toMatchObject({ lastSeq: 1, readSeq: 1, missedCalls: 0 });
  });

  test("an entry is the call's own, whatever ids its caller chose for messages", async () => {
    using world = await couple(server.url);
    const { conversationId } = world;
    const id = randomUUID();
    await world.a.request('sendMessage', { conversationId, id, text: 'first' });
    await invite(world.a, conversationId, 'voice', id);
    expect((await world.b.request('decline', { callId: id })).call).toMatchObject({ reason: 'declined' });
    const { messages } = await world.b.request('listMessages', { conversationId, after: 0 });
    expect(messages.map((message) => message.call?.id ?? message.text)).toEqual(['first', id]);
  });

  test('calling is not reading: what the other wrote meanwhile stays unread', async () => {
    using world = await couple(server.url);
    const { conversationId } = world;
    const callId = await invite(world.a, conversationId);
    await world.b.request('sendMessage', { conversationId, id: randomUUID(), text: 'cannot now' });
    await world.b.request('decline', { callId });
    const { conversation } = await world.a.next('message', ({ message }) => message.call?.id === callId);
    expect(conversation).toMatchObject({ lastSeq: 2, readSeq: 0 });
  });

  test('the list of calls has all, or the missed ones, page by page, and its badge goes on all devices', async () => {
    using world = await couple(server.url);
    using phone = await world.ben.connect();
    const ids: string[] = [];
    for (let count = 0; count < 35; count++) {
      const { id: callId } = await call(world);
      ids.unshift(callId);
      await (count % 5 === 0
        ? world.b.request('decline', { callId })
        : world.a.request('endCall', { callId }));
    }
    await world.b.next('missedCalls', ({ count }) => count === 28);
    const first = await world.b.request('listCalls', { missed: false });
    expect(first).toMatchObject({ more: true });
    const last = first.calls.at(-1);
    if (!last) throw new Error('the first page is empty');
    const before = { time: last.createdAt, id: last.id };
    const second = await world.b.request('listCalls', { missed: false, before });
    const listed = [...first.calls, ...second.calls].map(({ id }) => id);
    expect(listed.toSorted()).toEqual(ids.toSorted());
    const missed = await world.b.request('listCalls', { missed: true });
    expect(missed.calls.every(({ reason }) => reason === 'cancelled')).toBe(true);
    expect((await world.a.request('listCalls', { missed: true })).calls).toEqual([]);

    await world.b.request('markCallsSeen', {});
    expect(await phone.next('missedCalls', ({ count }) => count === 0)).toEqual({ count: 0 });
    using later = await world.ben.connect();
    expect(later.snapshot.missedCalls).toBe(0);
  });
});

describe('a call that was started by mistake', () => {
  test('rings no longer, and leaves nothing on either side', async () => {
    await using quick = await startServer({}, { deadlines: { mistake: 60_000 } });
    using world = await couple(quick.url);
    const { a, b, conversationId } = world;
    const callId = await invite(a, conversationId);
    await reaches(b, callId, 'calling');
    await b.request('alert', { callId });
    await reaches(a, callId, 'ringing');
    await a.request('endCall', { callId });
    for (const tab of [a, b])
      expect(await reaches(tab, callId, 'ended')).toMatchObject({ reason: 'taken_back' });
    for (const account of [world.ann, world.ben]) {
      using later = await account.connect();
      expect(later.snapshot).toMatchObject({
        missedCalls: 0,
        unread: 0,
        conversations: { conversations: [] },
      });
      expect((await later.request('listCalls', { missed: false })).calls).toEqual([]);
      expect((await later.request('listMessages', { conversationId, after: 0 })).messages).toEqual([]);
    }
    expect([
      ...a.all('missedCalls'),
      ...b.all('missedCalls'),
      ...a.all('message'),
      ...b.all('message'),
    ]).toEqual([]);
    // After the answer it is a call like any.
    const answered = await invite(a, conversationId);
    await b.request('accept', { callId: answered });
    await a.request('endCall', { callId: answered });
    expect((await b.request('listCalls', { missed: false })).calls).toMatchObject([
      { id: answered, reason: 'hung_up' },
    ]);
  });
});
