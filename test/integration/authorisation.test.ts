import type { RtpCapabilities } from '#protocol/media';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { connectCall, couple, type Couple } from '../support/call.ts';
import { Refused, type TestConnection } from '../support/connection.ts';
import { camera, joinMedia, microphone } from '../support/media.ts';
import { METHODS, sampleOf } from '../support/requests.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** What a request can name that is not everybody's; ids of checks are below. */
const OWNED = ['conversationId', 'callId', 'transportId', 'producerId'];
/** Those who take part in media name a call, and what they have in it. */
const owned = METHODS.filter((method) => Object.keys(sampleOf(method)).some((name) => OWNED.includes(name)));

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** A call of two people, with media and a call check; what there is by the names that requests have for it. */
async function inCall(world: Couple) {
  const { a, conversationId } = world;
  const callId = await connectCall(world);
  const joined = await joinMedia(a, callId);
  const sent = { callId, source: 'microphone', rtpParameters: microphone(), paused: false } as const;
  const { producerId } = await a.request('produce', sent);
  const { rtpCapabilities } = await a.request('getRouterCapabilities', {});
  const check = await a.request('openCheck', { rtpCapabilities: rtpCapabilities as RtpCapabilities });
  const transportId = check.routes[0]?.transport.id ?? '';
  const picture = await a.request('produceCheck', { transportId, rtpParameters: camera() });
  return {
    call: { conversationId, callId, transportId: joined.sendTransport.id, producerId },
    check: { checkId: check.checkId, transportId, producerId: picture.producerId },
  };
}

async function refusal(tab: TestConnection, method: (typeof METHODS)[number], fields: object) {
  const data = sampleOf(method, { ...fields });
  const answer = await tab.request(method, data).catch((error: unknown) => error);
  return answer instanceof Refused ? answer.code : 'ok';
}

test('nobody gets at the conversations, calls and checks of others, by any method', async () => {
  using world = await couple(server.url);
  using others = await couple(server.url);
  const { call, check } = await inCall(world);
  // Someone with a call and a check of their own, and someone with neither.
  await inCall(others);
  using idle = await (await TestAccount.signUp(server.url, 'idle')).connect();
  expect(owned.length).toBeGreaterThan(15);
  for (const method of owned) {
    const fields = method.endsWith('Check')
      ? check
      : { ...call, ...(method === 'invite' && { callId: randomUUID() }) };
    for (const tab of [others.a, others.b, idle])
      expect(await refusal(tab, method, fields), method).toBe('not_found');
  }
  // It is theirs still, and as it was.
  expect((await world.a.request('getCall', { callId: call.callId })).call.state).toBe('connecting');
  expect(
    (await world.b.request('listMessages', { conversationId: call.conversationId, after: 0 })).messages,
  ).toEqual([]);
});

test('who closes the check of another closes nothing', async () => {
  using world = await couple(server.url);
  using others = await couple(server.url);
  const { check } = await inCall(world);
  await inCall(others);
  for (const tab of [others.a, others.b]) {
    expect(await refusal(tab, 'closeCheck', check)).toBe('ok');
  }
  await world.a.request('consumeCheck', { producerId: check.producerId });
});

test('of media, only the tab that is in the call has a say', async () => {
  using world = await couple(server.url);
  const { call } = await inCall(world);
  using elsewhere = await world.ann.connect();
  const seated = owned
    .filter((method) => method === 'join' || 'transportId' in sampleOf(method))
    .filter((method) => !method.endsWith('Check'));
  expect(seated.length).toBeGreaterThan(2);
  for (const method of seated) expect(await refusal(elsewhere, method, call), method).toBe('forbidden');
});
