import { rtpCapabilities as capabilities } from '#protocol/media';
import type { RequestData } from '#protocol/methods';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEADLINES } from '../../server/calls/call-events.ts';
import { SqlCallRepository } from '../../server/db/call-repository.ts';
import { openDatabase } from '../../server/db/database.ts';
import { TestAccount } from '../support/account.ts';
import { connectCall, couple, heard, invite, reaches } from '../support/call.ts';
import type { TestConnection } from '../support/connection.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ServerProcess } from '../support/process.ts';
import { repetitions } from '../support/repetitions.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

/** What a tab says when it joins with something to send. */
async function joining(tab: TestConnection, callId: string): Promise<RequestData<'join'>> {
  const { rtpCapabilities } = await tab.request('getRouterCapabilities', {});
  return { callId, sending: true, rtpCapabilities: capabilities.parse(rtpCapabilities) };
}

/**
 * Short enough not to wait, and far enough apart that each can only be taken for itself. Where a test must
 * be back before one of them, that one is long.
 */
const LONG = 60_000;
const SHORT = 1_000;

describe('deadlines', () => {
  let server: TestServer;
  beforeAll(async () => {
    const deadlines = {
      invitation: 3_000,
      ringing: SHORT,
      callerGrace: SHORT,
      connecting: SHORT,
      reconnecting: SHORT,
    };
    server = await startServer({}, { deadlines });
  });
  afterAll(() => server.close());

  test('nobody answers: after the first alert it is "no answer"', async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    const alertedAt = performance.now();
    await world.b.request('alert', { callId });
    for (const tab of [world.a, world.b]) {
      expect(await reaches(tab, callId, 'ended')).toMatchObject({ reason: 'no_answer', endedBy: null });
    }
    expect(performance.now() - alertedAt).toBeGreaterThanOrEqual(SHORT - 5);
    expect((await world.b.request('accept', { callId })).call).toMatchObject({ reason: 'no_answer' });
  });

  test('no device ever rings: after the longer time it is "unreachable"', async () => {
    using world = await couple(server.url);
    world.b.close();
    const callId = await invite(world.a, world.conversationId);
    const call = await reaches(world.a, callId, 'ended', 10_000);
    expect(call).toMatchObject({ reason: 'unreachable' });
    expect((call.endedAt ?? 0) - call.createdAt).toBeGreaterThanOrEqual(3_000);
  });

  test('answered and no media: "media failed", never missed', async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    for (const tab of [world.a, world.b]) {
      expect(await reaches(tab, callId, 'ended')).toMatchObject({ reason: 'media_failed', endedBy: null });
    }
  });

  test("the caller's tab is gone while it rings: a lost caller after the grace", async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    world.a.close();
    expect(await reaches(world.b, callId, 'ended')).toMatchObject({
      reason: 'caller_lost',
      endedBy: world.ann.id,
    });
  });

  test("a tab of a call that is gone too long: 'connection lost' for the other", async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    world.b.close();
    await reaches(world.a, callId, 'reconnecting');
    // The one who stayed has no media either, so its own deadline may be over first.
    const { reason } = await reaches(world.a, callId, 'ended');
    expect(['connection_lost', 'media_failed']).toContain(reason);
  });
});

describe('coming back in time', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(
      {},
      { deadlines: { callerGrace: LONG, connecting: LONG, reconnecting: SHORT } },
    );
  });
  afterAll(() => server.close());

  test("the caller's tab within its grace: the call rings on", async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    await world.b.request('alert', { callId });
    world.a.close();
    // The drop is a version of its own, and so is the return.
    await world.b.next('call', ({ call }) => call.id === callId && call.version === 3);
    using back = await world.ann.connect(world.a.seat);
    expect(back.snapshot.calls).toMatchObject([{ id: callId, state: 'ringing', boundTo: world.a.seat.tab }]);
    await world.b.next('call', ({ call }) => call.id === callId && call.version === 4);
    await world.b.request('accept', { callId });
    await reaches(back, callId, 'connecting');
    await back.request('endCall', { callId });
  });

  test('another tab of the caller is not the tab that calls', async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    world.a.close();
    await world.b.next('call', ({ call }) => call.id === callId && call.version === 2);
    using other = await world.ann.connect();
    await other.request('ping', {});
    expect(other.snapshot.calls).toMatchObject([{ id: callId, version: 2 }]);
    // It may end it, all the same.
    await other.request('endCall', { callId });
    expect(await reaches(world.b, callId, 'ended')).toMatchObject({ reason: 'cancelled' });
  });

  test("a dropped tab makes the call 'reconnecting'; too long, and it is 'connection lost'", async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    world.b.close();
    await reaches(world.a, callId, 'reconnecting');
    expect(await reaches(world.a, callId, 'ended')).toMatchObject({
      reason: 'connection_lost',
      endedBy: null,
    });
  });

  test('the callee may lose every tab while it rings, and answer from a new one', async () => {
    using world = await couple(server.url);
    const callId = await invite(world.a, world.conversationId);
    await world.b.request('alert', { callId });
    world.b.close();
    await world.b.closed();
    using fresh = await world.ben.connect();
    expect(fresh.snapshot.calls).toMatchObject([{ id: callId, state: 'ringing' }]);
    expect((await fresh.request('accept', { callId })).call.boundTo).toBe(fresh.seat.tab);
    await world.a.request('endCall', { callId });
    expect(heard(world.a, callId).map(({ state }) => state)).toEqual([
      'calling',
      'ringing',
      'connecting',
      'ended',
    ]);
  });
});

describe('an answer at the very end of the ringing', { timeout: 120_000 }, () => {
  const RINGING = 40;
  const RACES = repetitions('CALL_RACES', { quick: 50, nightly: 200 });

  test('is taken or too late, and the same for everyone', async () => {
    await using server = await startServer({}, { deadlines: { ringing: RINGING, connecting: LONG } });
    using world = await couple(server.url);
    const outcomes = new Map<string, number>();
    for (let round = 0; round < RACES; round++) {
      const callId = await invite(world.a, world.conversationId);
      await world.b.request('alert', { callId });
      await pause(RINGING - 4 + (round % 5));
      const { call } = await world.b.request('accept', { callId });
      await Promise.all([world.a.request('ping', {}), world.b.request('ping', {})]);
      const [atA, atB] = [world.a, world.b].map((tab) => heard(tab, callId).at(-1));
      expect(atA).toMatchObject({ version: call.version, state: call.state, reason: call.reason });
      expect(atB).toMatchObject({ version: call.version, state: call.state, reason: call.reason });
      expect(call.reason).toBe(call.answeredAt === null ? 'no_answer' : null);
      const outcome = call.reason ?? 'answered';
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      await world.a.request('endCall', { callId });
    }
    console.log('accept at the deadline, by outcome:', Object.fromEntries(outcomes));
  });
});

describe('a tab that crashed', () => {
  test('is replaced by a new one that calls the same person: nobody rings again', async () => {
    await using server = await startServer();
    using world = await couple(server.url);
    const callId = await connectCall(world);
    world.a.socket.terminate();
    await reaches(world.b, callId, 'reconnecting');
    using again = await world.ann.connect();
    const invitation = { callId: randomUUID(), conversationId: world.conversationId, kind: 'video' as const };
    const { call } = await again.request('invite', invitation);
    expect(call).toMatchObject({ id: callId, state: 'reconnecting', boundTo: again.seat.tab });
    await again.request('join', await joining(again, callId));
    expect(heard(world.b, callId).filter(({ state }) => state === 'calling')).toHaveLength(1);
  });

  test('keeps nobody from calling another person', async () => {
    await using server = await startServer();
    using world = await couple(server.url);
    using others = await couple(server.url);
    const callId = await connectCall(world);
    world.a.socket.terminate();
    await reaches(world.b, callId, 'reconnecting');
    using again = await world.ann.connect();
    const { conversation } = await again.request('openConversation', { accountId: others.ben.id });
    const next = await invite(again, conversation.id);
    await reaches(others.b, next, 'calling');
    await reaches(world.b, callId, 'ended');
  });
});

describe('joining anew', () => {
  test('is a loss of media until it is back: without it the call ends as lost', async () => {
    await using server = await startServer({}, { deadlines: { reconnecting: SHORT } });
    using world = await couple(server.url);
    const callId = await connectCall(world);
    // Two who only listen are connected without any transport.
    for (const tab of [world.a, world.b]) {
      await tab.request('join', { ...(await joining(tab, callId)), sending: false });
    }
    await reaches(world.a, callId, 'active');
    await world.b.request('join', await joining(world.b, callId));
    await reaches(world.a, callId, 'reconnecting');
    expect(await reaches(world.a, callId, 'ended')).toMatchObject({ reason: 'connection_lost' });
  });
});

describe('signing out in a call', () => {
  test('ends it at once for the other, and cancels what one is calling', async () => {
    await using server = await startServer();
    using world = await couple(server.url);
    const callId = await connectCall(world);
    await world.ben.request('DELETE', '/api/session');
    expect(await reaches(world.a, callId, 'ended')).toMatchObject({
      reason: 'hung_up',
      endedBy: world.ben.id,
    });

    using ben = await (await TestAccount.signIn(server.url, world.ben.self.username)).connect();
    const next = await invite(world.a, world.conversationId);
    await world.ann.request('DELETE', '/api/session');
    expect(await reaches(ben, next, 'ended')).toMatchObject({ reason: 'cancelled' });
  });

  test('ends it, too, where the socket had closed before', async () => {
    await using server = await startServer();
    using world = await couple(server.url);
    const callId = await connectCall(world);
    world.b.socket.terminate();
    await reaches(world.a, callId, 'reconnecting');
    await world.ben.request('DELETE', '/api/session');
    expect(await reaches(world.a, callId, 'ended')).toMatchObject({ reason: 'hung_up' });
  });
});

describe('a server that stops and starts again', () => {
  test('keeps ringing what rings, with the time that is left', async () => {
    await using folder = await temporaryFolder();
    const environment = { DATA_DIR: folder.path };
    const deadlines = { invitation: 4_000, ringing: 4_000 };
    const first = await startServer(environment, { deadlines });
    using world = await couple(first.url);
    const callId = await invite(world.a, world.conversationId);
    await world.b.request('alert', { callId });
    const ringing = await reaches(world.a, callId, 'ringing');
    await first.close();
    expect(await Promise.all([world.a.closed(), world.b.closed()])).toEqual([1012, 1012]);

    await using second = await startServer(environment, { deadlines });
    using b = await TestAccount.at(second.url, world.ben).connect(world.b.seat);
    using a = await TestAccount.at(second.url, world.ann).connect(world.a.seat);
    for (const tab of [a, b]) expect(tab.snapshot.calls).toMatchObject([{ id: callId, state: 'ringing' }]);
    const call = await reaches(a, callId, 'ended', 6_000);
    expect(call.reason).toBe('no_answer');
    // The time was not given anew.
    expect((call.endedAt ?? 0) - ringing.createdAt).toBeLessThan(4_000 + 1_000);
  });

  test('cancels for a caller who does not come back', async () => {
    await using folder = await temporaryFolder();
    const environment = { DATA_DIR: folder.path };
    const first = await startServer(environment);
    using world = await couple(first.url);
    const callId = await invite(world.a, world.conversationId);
    await first.close();

    await using second = await startServer(environment, { deadlines: { reconnecting: SHORT } });
    using b = await TestAccount.at(second.url, world.ben).connect();
    // The callee cannot end what only rings: asking to is asking how it stands.
    const { call } = await until('the end of the call', async () => {
      const answer = await b.request('endCall', { callId });
      return answer.call.state === 'ended' && answer;
    });
    expect(call).toMatchObject({ reason: 'caller_lost', endedBy: world.ann.id });
  });

  test.each(['connecting', 'reconnecting'] as const)(
    'gives whoever is in a call time to come back, however late it was for it: %s',
    async (state) => {
      await using folder = await temporaryFolder();
      const environment = { DATA_DIR: folder.path };
      const first = await startServer(environment);
      using world = await couple(first.url);
      const callId = await connectCall(world);
      if (state === 'reconnecting') world.b.socket.terminate();
      await reaches(world.a, callId, state);
      await first.close();
      const database = await openDatabase(folder.path);
      await database('call_legs').where({ call_id: callId }).update({ deadline: 1 });
      await database.destroy();

      await using second = await startServer(environment);
      using a = await TestAccount.at(second.url, world.ann).connect(world.a.seat);
      using b = await TestAccount.at(second.url, world.ben).connect(world.b.seat);
      for (const tab of [a, b]) {
        expect(tab.snapshot.calls).toMatchObject([{ id: callId, state: 'reconnecting' }]);
        await tab.request('join', { ...(await joining(tab, callId)), sending: false });
      }
      await reaches(a, callId, 'active');
    },
  );

  test('tells who rings beside a call where it stopped before it had', async () => {
    await using folder = await temporaryFolder();
    const environment = { DATA_DIR: folder.path };
    const first = await startServer(environment);
    using world = await couple(first.url);
    const cleo = await TestAccount.signUp(first.url, 'cleo');
    using c = await cleo.connect();
    const { conversation } = await c.request('openConversation', { accountId: world.ben.id });
    await connectCall(world);
    const callId = await invite(c, conversation.id);
    await first.close();
    const database = await openDatabase(folder.path);
    await database('call_legs').where({ call_id: callId }).update({ in_another_call: false });
    await database.destroy();

    await using second = await startServer(environment);
    using back = await TestAccount.at(second.url, cleo).connect(c.seat);
    await until('the caller to be told', () =>
      [...back.snapshot.calls, ...heard(back, callId)].some(({ legs }) =>
        legs.some((leg) => leg.inAnotherCall),
      ),
    );
  });

  test('after kill -9 keeps ringing what rings, with the time that is left', async () => {
    await using folder = await temporaryFolder();
    const first = await ServerProcess.start(folder.path);
    using world = await couple(first.url);
    const callId = await invite(world.a, world.conversationId);
    await world.b.request('alert', { callId });
    await first.kill('SIGKILL');

    // The minute as it was begun; the next server is given little of it.
    const database = await openDatabase(folder.path);
    const { alertedAt } = (await new SqlCallRepository(database).find(callId)) ?? {};
    const left = { call_id: callId, state: 'ringing', deadline: (alertedAt ?? 0) + DEADLINES.ringing };
    expect(
      await database('call_legs')
        .where(left)
        .update({ deadline: Date.now() + SHORT }),
    ).toBe(1);
    await database.destroy();

    await using second = await startServer({ DATA_DIR: folder.path });
    using b = await TestAccount.at(second.url, world.ben).connect(world.b.seat);
    // The callee cannot end what only rings: asking to is asking how it stands.
    const { call } = await until('the end of the call', async () => {
      const answer = await b.request('endCall', { callId });
      return answer.call.state === 'ended' && answer;
    });
    expect(call.reason).toBe('no_answer');
  });

  test('after kill -9 takes who is in a call back into it, and rings nobody', async () => {
    await using folder = await temporaryFolder();
    const first = await ServerProcess.start(folder.path);
    using world = await couple(first.url);
    const callId = await connectCall(world);
    for (const tab of [world.a, world.b]) {
      await tab.request('join', { ...(await joining(tab, callId)), sending: false });
    }
    const { answeredAt } = await reaches(world.a, callId, 'active');
    await first.kill('SIGKILL');

    await using second = await startServer({ DATA_DIR: folder.path });
    using a = await TestAccount.at(second.url, world.ann).connect(world.a.seat);
    using b = await TestAccount.at(second.url, world.ben).connect(world.b.seat);
    for (const tab of [a, b]) {
      expect(tab.snapshot.calls).toMatchObject([{ id: callId, state: 'reconnecting', answeredAt }]);
      expect(await tab.next('mediaLost')).toEqual({ callId });
      await tab.request('join', { ...(await joining(tab, callId)), sending: false });
    }
    for (const [tab, { seat }] of [
      [a, world.a],
      [b, world.b],
    ] as const) {
      expect(await reaches(tab, callId, 'active')).toMatchObject({ answeredAt, boundTo: seat.tab });
      expect(tab.all('call').filter(({ call }) => /calling|ringing/.test(call.state))).toEqual([]);
    }
    const { people } = await a.request('listPeople', { search: '' });
    expect(people).toMatchObject([{ id: world.ben.id, presence: 'in_call' }]);
  });

  test('after kill -9 lets what rings be answered', async () => {
    await using folder = await temporaryFolder();
    const first = await ServerProcess.start(folder.path);
    using world = await couple(first.url);
    const callId = await invite(world.a, world.conversationId);
    await first.kill('SIGKILL');

    await using second = await ServerProcess.start(folder.path);
    using a = await TestAccount.at(second.url, world.ann).connect(world.a.seat);
    using b = await TestAccount.at(second.url, world.ben).connect(world.b.seat);
    await b.request('accept', { callId });
    await reaches(a, callId, 'connecting');
    await second.kill('SIGTERM');
  });
});
