import { DEFAULT_CALL_SETTINGS } from '#protocol/settings';
import type { Call } from '#protocol/call';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { connectCall, couple, heard, invite, reaches } from '../support/call.ts';
import type { TestConnection } from '../support/connection.ts';
import { repetitions } from '../support/repetitions.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const ended = (connection: TestConnection, callId: string) => reaches(connection, callId, 'ended');

/** How often each race is run. */
const RACES = repetitions('CALL_RACES', { quick: 50, nightly: 200 });

describe('ringing', () => {
  test('every tab of the callee is rung, and the caller hears of the first that rings', async () => {
    using world = await couple(server.url);
    using phone = await world.ben.connect();
    using annsOther = await world.ann.connect();
    const callId = await invite(world.a, world.conversationId, 'voice');
    for (const tab of [world.b, phone]) {
      expect(await reaches(tab, callId, 'calling')).toMatchObject({ kind: 'voice', boundTo: null });
    }
    // The caller's other tabs see the call, and that it is elsewhere.
    expect((await reaches(annsOther, callId, 'calling')).boundTo).toBe(world.a.seat.tab);
    await Promise.all([world.b.request('alert', { callId }), phone.request('alert', { callId })]);
    await reaches(world.a, callId, 'ringing');
    await world.a.request('ping', {});
    expect(heard(world.a, callId).map(({ state }) => state)).toEqual(['calling', 'ringing']);
    await world.a.request('endCall', { callId });
    await ended(phone, callId);
  });

  test('a tab that opens while it rings finds the call in its snapshot', async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    using late = await world.ben.connect();
    expect(late.snapshot.calls).toMatchObject([{ id: callId, state: 'calling', boundTo: null }]);
    await world.a.request('endCall', { callId });
    await ended(late, callId);
    using later = await world.ben.connect();
    expect(later.snapshot.calls).toEqual([]);
  });

  test('declined on one tab, it ends on all, and the caller reads it', async () => {
    using world = await couple(server.url);
    using phone = await world.ben.connect();
    const callId = await invite(world.a, world.conversationId);
    await phone.request('alert', { callId });
    expect((await world.b.request('decline', { callId })).call).toMatchObject({
      state: 'ended',
      reason: 'declined',
    });
    for (const tab of [world.a, world.b, phone]) {
      expect(await ended(tab, callId)).toMatchObject({ reason: 'declined', endedBy: world.ben.id });
    }
  });

  test('cancelled by the caller, it ends on all', async () => {
    using world = await couple(server.url);
    using phone = await world.ben.connect();
    const callId = await invite(world.a, world.conversationId);
    await world.a.request('endCall', { callId });
    for (const tab of [world.b, phone]) {
      expect(await ended(tab, callId)).toMatchObject({
        reason: 'cancelled',
        endedBy: world.ann.id,
        answeredAt: null,
      });
    }
  });

  test('the callee cannot cancel, nor the caller decline or answer', async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    for (const [tab, method] of [
      [world.b, 'endCall'],
      [world.a, 'decline'],
      [world.a, 'accept'],
      [world.a, 'alert'],
    ] as const) {
      await tab.request(method, { callId });
      expect(heard(world.b, callId).at(-1)).toMatchObject({ state: 'calling', version: 1 });
    }
    await world.a.request('endCall', { callId });
  });
});

describe('answering', () => {
  test('the tab that answers has the call; the others of both are told where it is', async () => {
    using world = await couple(server.url);
    using phone = await world.ben.connect();
    const callId = await invite(world.a, world.conversationId);
    await Promise.all([world.b, phone].map((tab) => tab.request('alert', { callId })));
    const { call } = await phone.request('accept', { callId });
    expect(call).toMatchObject({ state: 'connecting', boundTo: phone.seat.tab });
    expect(await reaches(world.b, callId, 'connecting')).toMatchObject({ boundTo: phone.seat.tab });
    expect(await reaches(world.a, callId, 'connecting')).toMatchObject({ boundTo: world.a.seat.tab });
    // A late answer on the other tab is told how the call stands, and takes nothing over.
    const late = await world.b.request('accept', { callId });
    expect(late.call).toEqual({ ...call, boundTo: phone.seat.tab });
    await world.a.request('endCall', { callId });
    const tooLate = await world.b.request('accept', { callId });
    expect(tooLate.call).toMatchObject({ state: 'ended', reason: 'hung_up', endedBy: world.ann.id });
  });

  test.each(['a', 'b'] as const)('ended from side %s it ends for both, once', async (side) => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    const { call } = await world[side].request('endCall', { callId });
    expect(call).toMatchObject({
      state: 'ended',
      reason: 'hung_up',
      endedBy: world[side === 'a' ? 'ann' : 'ben'].id,
    });
    for (const tab of [world.a, world.b]) expect((await ended(tab, callId)).version).toBe(call.version);
    const again = await world.a.request('endCall', { callId });
    expect(again.call.version).toBe(call.version);
    await world.a.request('ping', {});
    expect(heard(world.a, callId).filter(({ state }) => state === 'ended')).toHaveLength(1);
  });

  test('everyone sees who is in a call, and who no longer is', async () => {
    using world = await couple(server.url);
    using watching = await (await TestAccount.signUp(server.url, 'watcher')).connect();
    const callId = await connectCall(world);
    const is = (presence: string) =>
      watching.next(
        'personChanged',
        ({ person }) => person.id === world.ben.id && person.presence === presence,
      );
    await is('in_call');
    await world.a.request('endCall', { callId });
    await is('online');
  });
});

describe('inviting', () => {
  test('sent again with the same id is the same call', async () => {
    using world = await couple(server.url);
    const callId = randomUUID();
    const invitation = { callId, conversationId: world.conversationId, kind: 'video' as const };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => world.a.request('invite', invitation)),
    );
    expect(new Set(answers.map(({ call }) => `${call.id} ${call.version}`)).size).toBe(1);
    await reaches(world.b, callId, 'calling');
    await world.b.request('ping', {});
    expect(heard(world.b, callId)).toHaveLength(1);
    await world.a.request('endCall', { callId });
    // With the id of an ended call it rings nobody.
    const after = await world.a.request('invite', invitation);
    expect(after.call).toMatchObject({ state: 'ended', reason: 'cancelled' });
    expect((await world.a.request('invite', { ...invitation, callId: randomUUID() })).call.state).toBe(
      'calling',
    );
  });

  test("with the id of others' call tells nothing of it", async () => {
    using world = await couple(server.url);
    using others = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    const invitation = { callId, conversationId: others.conversationId, kind: 'video' as const };
    await expect(others.a.request('invite', invitation)).rejects.toMatchObject({ code: 'not_found' });
    for (const method of ['alert', 'accept', 'decline', 'endCall'] as const) {
      await expect(others.a.request(method, { callId })).rejects.toMatchObject({ code: 'not_found' });
      await expect(others.a.request(method, { callId: randomUUID() })).rejects.toMatchObject({
        code: 'not_found',
      });
    }
    await world.b.request('ping', {});
    expect(heard(world.b, callId).at(-1)).toMatchObject({ state: 'calling', version: 1 });
    await world.a.request('endCall', { callId });
  });

  test('while in a call is refused; someone in a call is busy, and nothing rings there', async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    await world.b.request('setCallSettings', { ...DEFAULT_CALL_SETTINGS, callWaiting: false });
    const third = await TestAccount.signUp(server.url, 'third');
    using c = await third.connect();
    const { conversation } = await c.request('openConversation', { accountId: world.ben.id });
    const attempt = { callId: randomUUID(), conversationId: conversation.id, kind: 'voice' as const };
    expect((await c.request('invite', attempt)).call).toMatchObject({ state: 'ended', reason: 'busy' });
    await world.b.request('ping', {});
    expect(heard(world.b, attempt.callId).map((call) => call.state)).toEqual(['ended']);
    const own = { callId: randomUUID(), conversationId: conversation.id, kind: 'voice' as const };
    await expect(world.b.request('invite', own)).rejects.toMatchObject({ code: 'already_in_call' });
    await world.a.request('endCall', { callId });
    expect((await c.request('invite', { ...attempt, callId: randomUUID() })).call.state).toBe('calling');
  });

  test('someone who is calling oneself is to answer that call', async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    await reaches(world.b, callId, 'calling');
    const own = { callId: randomUUID(), conversationId: world.conversationId, kind: 'video' as const };
    const { call } = await world.b.request('invite', own);
    expect(call).toMatchObject({ id: callId, state: 'connecting', boundTo: world.b.seat.tab });
    await reaches(world.a, callId, 'connecting');
    // Once more, from either side and any tab, it is told how that call stands.
    using other = await world.ann.connect();
    for (const tab of [world.a, world.b, other]) {
      const again = await tab.request('invite', { ...own, callId: randomUUID() });
      expect(again.call).toMatchObject({ id: callId, state: 'connecting', version: call.version });
    }
    await world.a.request('endCall', { callId });
  });

  test('each other at once is one call, which both are in', { timeout: 120_000 }, async () => {
    using world = await couple(server.url);
    for (let round = 0; round < RACES; round++) {
      const [mine, theirs] = [randomUUID(), randomUUID()];
      const { conversationId } = world;
      const answers = await Promise.all([
        world.a.request('invite', { callId: mine, conversationId, kind: 'video' }),
        world.b.request('invite', { callId: theirs, conversationId, kind: 'video' }),
      ]);
      const ids = new Set(answers.map(({ call }) => call.id));
      expect(ids.size).toBe(1);
      const [callId = ''] = ids;
      const [atA, atB] = await Promise.all([
        reaches(world.a, callId, 'connecting'),
        reaches(world.b, callId, 'connecting'),
      ]);
      expect([atA.boundTo, atB.boundTo]).toEqual([world.a.seat.tab, world.b.seat.tab]);
      await world.a.request('endCall', { callId });
    }
  });
});

describe('races have one outcome, which every tab sees', { timeout: 120_000 }, () => {
  /** What all tabs hold for the call's last state; it must be one. */
  async function settled(tabs: TestConnection[], callId: string): Promise<Call> {
    await Promise.all(tabs.map((tab) => tab.request('ping', {})));
    const [first, ...others] = tabs.map((tab) => {
      const calls = heard(tab, callId);
      // Versions only rise: no tab is told of the past after the present.
      const versions = calls.map(({ version }) => version);
      expect(versions).toEqual([...new Set(versions)].toSorted((x, y) => x - y));
      return calls.at(-1);
    });
    if (!first) throw new Error('a tab was told of no call');
    const { version, state, reason } = first;
    for (const other of others) expect(other).toMatchObject({ version, state, reason });
    return first;
  }

  test('accept and cancel', async () => {
    using world = await couple(server.url);
    const outcomes = new Map<string, number>();
    for (let round = 0; round < RACES; round++) {
      const callId = await invite(world.a, world.conversationId);
      await reaches(world.b, callId, 'calling');
      const requests = [
        () => world.b.request('accept', { callId }),
        () => world.a.request('endCall', { callId }),
      ];
      await Promise.all((round % 2 === 0 ? requests : requests.toReversed()).map((send) => send()));
      const call = await settled([world.a, world.b], callId);
      // Cancelled before the answer, or answered and then ended by the very same request: never both, never neither.
      expect(call.state).toBe('ended');
      expect(call.reason).toBe(call.answeredAt === null ? 'cancelled' : 'hung_up');
      outcomes.set(String(call.reason), (outcomes.get(String(call.reason)) ?? 0) + 1);
    }
    console.log('accept and cancel at once, by outcome:', Object.fromEntries(outcomes));
  });

  test('accept on two tabs', async () => {
    using world = await couple(server.url);
    using phone = await world.ben.connect();
    for (let round = 0; round < RACES; round++) {
      const callId = await invite(world.a, world.conversationId);
      await Promise.all([reaches(world.b, callId, 'calling'), reaches(phone, callId, 'calling')]);
      const tabs = round % 2 === 0 ? [world.b, phone] : [phone, world.b];
      const answers = await Promise.all(tabs.map((tab) => tab.request('accept', { callId })));
      const bound = new Set(answers.map(({ call }) => call.boundTo));
      expect(bound.size).toBe(1);
      expect([world.b.seat.tab, phone.seat.tab]).toContain([...bound][0]);
      const call = await settled([world.a, world.b, phone], callId);
      expect(call.state).toBe('connecting');
      expect(new Set([world.b, phone].map((tab) => heard(tab, callId).at(-1)?.boundTo))).toEqual(bound);
      await world.a.request('endCall', { callId });
    }
  });

  test('accept, decline, cancel, alert and drop together', async () => {
    for (let round = 0; round < 25; round++) {
      using world = await couple(server.url);
      using phone = await world.ben.connect();
      const callId = await invite(world.a, world.conversationId);
      await Promise.all([reaches(world.b, callId, 'calling'), reaches(phone, callId, 'calling')]);
      const acts = [
        () => world.b.request('accept', { callId }),
        () => phone.request('decline', { callId }),
        () => world.a.request('endCall', { callId }),
        () => phone.request('alert', { callId }),
        () => world.b.request('endCall', { callId }),
      ];
      for (let turn = 0; turn < round % 5; turn++) acts.push(...acts.splice(0, 1));
      await Promise.all(acts.map((act) => act()));
      const call = await settled([world.a, world.b, phone], callId);
      expect(call.state).toBe('ended');
      expect(['cancelled', 'declined', 'hung_up']).toContain(call.reason);
    }
  });
});
