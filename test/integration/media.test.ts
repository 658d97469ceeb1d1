import { rtpCapabilities as capabilitiesSchema } from '#protocol/media';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectCall, couple, heard, invite, reaches, type Couple } from '../support/call.ts';
import { camera, fingerprint, joinMedia, microphone } from '../support/media.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const refused = (code: string) => expect.objectContaining({ code }) as Error;

/** A call that both have answered and joined. */
async function joined(world: Couple) {
  const callId = await connectCall(world);
  const [mine, theirs] = [await joinMedia(world.a, callId), await joinMedia(world.b, callId)];
  return { callId, mine, theirs };
}

test('what the server says it can do fits the schema of what a client may say', async () => {
  using world = await couple(server.url);
  const { rtpCapabilities } = await world.a.request('getRouterCapabilities', {});
  const parsed = capabilitiesSchema.parse(rtpCapabilities);
  expect(new Set(parsed.codecs.map(({ mimeType }) => mimeType.toLowerCase()))).toEqual(
    new Set(['audio/opus', 'video/vp8', 'video/h264', 'video/rtx']),
  );
});

describe('joining', () => {
  test('answers with both transports at once, on addresses that were set', async () => {
    using world = await couple(server.url);
    const { mine, theirs } = await joined(world);
    const transports = [mine.sendTransport, mine.recvTransport, theirs.sendTransport, theirs.recvTransport];
    expect(new Set(transports.map(({ id }) => id)).size).toBe(4);
    for (const { iceCandidates, dtlsParameters } of transports) {
      expect(iceCandidates.map(({ protocol }) => protocol).sort()).toEqual(['tcp', 'udp']);
      expect(iceCandidates.every(({ address, port }) => address === '127.0.0.1' && port > 0)).toBe(true);
      expect(dtlsParameters.fingerprints.length).toBeGreaterThan(0);
    }
  });

  test('is for the seat alone: not before an answer, not from another tab, not for others', async () => {
    using world = await couple(server.url);
    using outside = await couple(server.url);
    using phone = await world.ben.connect();
    const callId = await invite(world.a, world.conversationId);
    await expect(joinMedia(world.a, callId)).rejects.toEqual(refused('call_moved_on'));
    await expect(joinMedia(world.b, callId)).rejects.toEqual(refused('forbidden'));
    await world.b.request('accept', { callId });
    await joinMedia(world.b, callId);
    await expect(joinMedia(phone, callId)).rejects.toEqual(refused('forbidden'));
    await expect(joinMedia(outside.a, callId)).rejects.toEqual(refused('not_found'));
    await expect(joinMedia(outside.a, randomUUID())).rejects.toEqual(refused('not_found'));
    await world.a.request('endCall', { callId });
    await expect(joinMedia(world.b, callId)).rejects.toEqual(refused('not_found'));
  });

  test('anew closes what was there: the other loses the tracks and is given the new ones', async () => {
    using world = await couple(server.url);
    const { callId, mine } = await joined(world);
    const { producerId } = await world.a.request('produce', {
      callId,
      source: 'microphone',
      rtpParameters: microphone(),
      paused: false,
    });
    const { consumer } = await world.b.next('consumerAdded');
    const { call } = await world.b.request('getCall', { callId });
    const sender = call.legs.find(({ participantId }) => participantId === mine.participantId);
    expect(sender?.accountId).toBe(world.ann.id);
    expect(consumer).toMatchObject({
      producerId,
      source: 'microphone',
      kind: 'audio',
      participantId: mine.participantId,
    });
    const again = await joinMedia(world.a, callId);
    expect(again.sendTransport.id).not.toBe(mine.sendTransport.id);
    await world.b.next('consumerRemoved', ({ consumerId }) => consumerId === consumer.id);
    const gone = { callId, transportId: mine.sendTransport.id };
    await expect(world.a.request('restartIce', gone)).rejects.toEqual(refused('not_found'));
  });

  test('later finds the tracks that are there', async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    await joinMedia(world.a, callId);
    for (const [source, rtpParameters] of [
      ['microphone', microphone()],
      ['camera', camera()],
    ] as const) {
      await world.a.request('produce', { callId, source, rtpParameters, paused: source === 'camera' });
    }
    const { consumers } = await joinMedia(world.b, callId);
    expect(consumers.map(({ source, producerPaused }) => [source, producerPaused]).sort()).toEqual([
      ['camera', true],
      ['microphone', false],
    ]);
  });

  test('at once from both sides while tracks start leads to each track once', async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    await joinMedia(world.a, callId);
    const [, theirs] = await Promise.all([
      world.a.request('produce', {
        callId,
        source: 'microphone',
        rtpParameters: microphone(),
        paused: false,
      }),
      joinMedia(world.b, callId),
    ]);
    await Promise.all([world.a.request('ping', {}), world.b.request('ping', {})]);
    const ids = [...theirs.consumers, ...world.b.all('consumerAdded').map(({ consumer }) => consumer)].map(
      ({ id }) => id,
    );
    expect(new Set(ids).size).toBe(1);
  });
});

describe('tracks', () => {
  test('muting is told to the other, and so is unmuting', async () => {
    using world = await couple(server.url);
    const { callId } = await joined(world);
    const track = { callId, source: 'microphone' as const, rtpParameters: microphone(), paused: false };
    const { producerId } = await world.a.request('produce', track);
    const { consumer } = await world.b.next('consumerAdded');
    await world.b.request('resumeConsumers', { callId, consumerIds: [consumer.id] });
    for (const paused of [true, false]) {
      await world.a.request('pauseProducer', { callId, producerId, paused });
      const notice = { callId, consumerId: consumer.id, paused };
      expect(await world.b.next('consumerPaused', (data) => data.paused === paused)).toEqual(notice);
    }
  });

  test('of a source that is there are refused, also at once', async () => {
    using world = await couple(server.url);
    const { callId } = await joined(world);
    const answers = await Promise.allSettled(
      Array.from({ length: 5 }, () =>
        world.a.request('produce', { callId, source: 'camera', rtpParameters: camera(), paused: false }),
      ),
    );
    const reasons = answers.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
    expect(reasons).toEqual(Array(4).fill(refused('invalid')));
    await world.b.request('ping', {});
    expect(world.b.all('consumerAdded')).toHaveLength(1);
  });

  const vp9 = { mimeType: 'video/VP9', payloadType: 98, clockRate: 90_000 };
  const opus = () => microphone().codecs[0];
  test.each([
    ['an unknown codec', () => ({ ...camera(), codecs: [vp9] }), 'camera', 'media_refused'],
    ['audio as a camera', microphone, 'camera', 'media_refused'],
    ['video as a microphone', camera, 'microphone', 'media_refused'],
    ['no codec', () => ({ ...microphone(), codecs: [] }), 'microphone', 'invalid'],
    ['no encoding', () => ({ ...microphone(), encodings: [] }), 'microphone', 'invalid'],
    [
      'two codecs of one number',
      () => ({ ...microphone(), codecs: [opus(), opus()] }),
      'microphone',
      'media_refused',
    ],
    [
      'an unknown extension',
      () => ({ ...microphone(), headerExtensions: [{ uri: 'urn:x', id: 1 }] }),
      'microphone',
      'invalid',
    ],
    ['something more', () => ({ ...microphone(), id: randomUUID() }), 'microphone', 'invalid'],
    ['a rtx for nothing', () => ({ ...camera(), codecs: [camera().codecs[1]] }), 'camera', 'media_refused'],
  ] as const)(
    'with %s are refused, and the right ones are taken afterwards',
    async (_, make, source, code) => {
      using world = await couple(server.url);
      const { callId } = await joined(world);
      const rtpParameters = make() as ReturnType<typeof microphone>;
      const wrong = world.a.request('produce', { callId, source, rtpParameters, paused: false });
      await expect(wrong).rejects.toEqual(refused(code));
      const right = source === 'camera' ? camera() : microphone();
      await world.a.request('produce', { callId, source, rtpParameters: right, paused: false });
      await world.b.next('consumerAdded');
    },
  );

  test('go to whoever says that they can receive them, and harm nobody else', async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    await joinMedia(world.a, callId);
    await world.b.request('join', {
      callId,
      rtpCapabilities: { codecs: [], headerExtensions: [] },
      sending: true,
    });
    const track = { callId, source: 'microphone' as const, rtpParameters: microphone(), paused: false };
    await world.a.request('produce', track);
    await world.b.request('ping', {});
    expect(world.b.all('consumerAdded')).toEqual([]);
  });
});

describe('transports', () => {
  test('connect once, and never without a fingerprint', async () => {
    using world = await couple(server.url);
    const { callId, mine } = await joined(world);
    const transportId = mine.sendTransport.id;
    const connect = (dtlsParameters: object) =>
      world.a.request('connectTransport', { callId, transportId, dtlsParameters: dtlsParameters as never });
    for (const wrong of [
      { role: 'client', fingerprints: [] },
      { role: 'client' },
      { fingerprints: [{ algorithm: 'sha-256', value: '' }] },
      { fingerprints: [{ algorithm: 'md5', value: 'AA:BB' }] },
    ]) {
      await expect(connect(wrong)).rejects.toEqual(refused('invalid'));
    }
    const answers = await Promise.allSettled([connect(fingerprint()), connect(fingerprint())]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(connect(fingerprint())).rejects.toEqual(refused('invalid'));
    const { iceParameters } = await world.a.request('restartIce', { callId, transportId });
    expect(iceParameters.usernameFragment).not.toBe(mine.sendTransport.iceParameters.usernameFragment);
  });

  test("the other's transports, tracks and ids that are nobody's are not found", async () => {
    using world = await couple(server.url);
    const { callId, theirs } = await joined(world);
    const track = { callId, source: 'microphone' as const, rtpParameters: microphone(), paused: false };
    const { producerId } = await world.b.request('produce', track);
    for (const transportId of [theirs.sendTransport.id, theirs.recvTransport.id, randomUUID()]) {
      const connect = { callId, transportId, dtlsParameters: fingerprint() };
      await expect(world.a.request('connectTransport', connect)).rejects.toEqual(refused('not_found'));
      await expect(world.a.request('restartIce', { callId, transportId })).rejects.toEqual(
        refused('not_found'),
      );
    }
    for (const id of [producerId, randomUUID()]) {
      const pause = { callId, producerId: id, paused: true };
      await expect(world.a.request('pauseProducer', pause)).rejects.toEqual(refused('not_found'));
    }
  });

  test('are nothing to who has not joined', async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    const track = { callId, source: 'microphone' as const, rtpParameters: microphone(), paused: false };
    await expect(world.a.request('produce', track)).rejects.toEqual(refused('not_joined'));
    const restart = { callId, transportId: randomUUID() };
    await expect(world.a.request('restartIce', restart)).rejects.toEqual(refused('not_joined'));
  });
});

describe('two who only listen', () => {
  test('are connected; a tab that drops and comes back goes on in the same call', async () => {
    using world = await couple(server.url);
    const callId = await connectCall(world);
    await Promise.all([joinMedia(world.a, callId, false), joinMedia(world.b, callId, false)]);
    await Promise.all([reaches(world.a, callId, 'active'), reaches(world.b, callId, 'active')]);
    world.b.close();
    const lost = await reaches(world.a, callId, 'reconnecting');
    using back = await world.ben.connect(world.b.seat);
    expect(back.snapshot.calls).toMatchObject([{ id: callId, boundTo: world.b.seat.tab }]);
    await world.a.next('call', ({ call }) => call.state === 'active' && call.version > lost.version);
    await back.request('endCall', { callId });
    expect(await reaches(world.a, callId, 'ended')).toMatchObject({
      reason: 'hung_up',
      endedBy: world.ben.id,
    });
    expect(heard(world.a, callId).filter(({ state }) => state === 'ended')).toHaveLength(1);
  });
});
