import { rtpCapabilities as capabilitiesSchema } from '#protocol/media';
import { expect, test } from 'vitest';
import type { MediaEvent } from '../../server/calls/ports.ts';
import { createLogger } from '../../server/logger.ts';
import { ROUTER_CAPABILITIES } from '../../server/media/codecs.ts';
import type { MediaObserver } from '../../server/media/observer.ts';
import { MediaRooms } from '../../server/media/rooms.ts';
import { MediaWorkers } from '../../server/media/workers.ts';
import { camera, microphone } from '../support/media.ts';
import { until } from '../support/until.ts';

const logger = createLogger('silent');
const observer: MediaObserver = { workerDied: () => undefined, measured: () => undefined };
const rtpCapabilities = capabilitiesSchema.parse(ROUTER_CAPABILITIES);
const JOIN = { rtpCapabilities, sending: true, warm: false };
const place = (participantId: string) => ({ roomId: 'call', participantId });
const ANN = place('ann');
const MICROPHONE = { source: 'microphone', rtpParameters: microphone(), paused: false } as const;
const CAMERA = { source: 'camera', rtpParameters: camera(), paused: false } as const;

/** Rooms on a worker of their own. */
async function open(
  settings: Partial<Pick<ConstructorParameters<typeof MediaRooms>[0], 'announce' | 'announceSettled'>> = {},
) {
  const protocols = ['udp' as const];
  const options = { count: 1, firstPort: 0, protocols, relayedAddress: undefined, observer, logger };
  const workers = await MediaWorkers.start(options);
  const rooms = new MediaRooms({
    workers,
    announce: (candidates) => [...candidates],
    announceSettled: () => Promise.resolve(),
    logger,
    ...settings,
  });
  const events: MediaEvent[] = [];
  rooms.onEvent((event) => events.push(event));
  return {
    rooms,
    /** Of one type, in their order. */
    events: <T extends MediaEvent['type']>(type: T) =>
      events.filter((event): event is Extract<MediaEvent, { type: T }> => event.type === type),
    transports: async () => {
      const dumps = await Promise.all(workers.all().map(({ webRtcServer }) => webRtcServer.dump()));
      return dumps.flatMap(({ webRtcTransportIds }) => webRtcTransportIds);
    },
    [Symbol.asyncDispose]: () => workers.close(),
  };
}

test('of two joins of one participant the later stands, though it is done first', async () => {
  const waiting: (() => void)[] = [];
  await using world = await open({ announceSettled: () => new Promise((settled) => waiting.push(settled)) });
  const { rooms } = world;
  const earlier = rooms.join(ANN, { ...JOIN });
  const later = rooms.join(ANN, { ...JOIN });
  waiting[1]?.();
  const { sendTransport, recvTransport } = await later;
  waiting[0]?.();
  await expect(earlier).rejects.toMatchObject({ code: 'call_moved_on' });

  await rooms.produce(ANN, MICROPHONE);
  const transports = [sendTransport.id, recvTransport?.id ?? ''];
  expect((await world.transports()).toSorted()).toEqual(transports.toSorted());
});

test('ICE is restarted at the same addresses, in any order, and at no others', async () => {
  let addresses = ['192.0.2.1', '192.0.2.2'];
  await using world = await open({
    announce: ([candidate]) => (candidate ? addresses.map((address) => ({ ...candidate, address })) : []),
  });
  const { rooms } = world;
  const { sendTransport } = await rooms.join(ANN, JOIN);
  addresses.reverse();
  await expect(rooms.restartIce(ANN, sendTransport.id)).resolves.toBeDefined();
  addresses = ['192.0.2.1', '192.0.2.3'];
  await expect(rooms.restartIce(ANN, sendTransport.id)).rejects.toMatchObject({ code: 'media_moved' });
});

test('two devices of one account are in one room at once, and the one that leaves takes only its own', async () => {
  await using world = await open();
  const { rooms } = world;
  const [laptop, phone, ben] = [place('ann on her laptop'), place('ann on her phone'), place('ben')];
  for (const one of [laptop, ben]) await rooms.join(one, JOIN);
  const [fromLaptop, fromBen] = [
    await rooms.produce(laptop, MICROPHONE),
    await rooms.produce(ben, MICROPHONE),
  ];

  const { consumers } = await rooms.join(phone, JOIN);
  const fromPhone = await rooms.produce(phone, MICROPHONE);
  const senders = (list: { producerId: string; participantId: string }[]) =>
    new Map(list.map(({ producerId, participantId }) => [producerId, participantId]));
  expect(senders(consumers)).toEqual(
    new Map([
      [fromLaptop.producerId, laptop.participantId],
      [fromBen.producerId, ben.participantId],
    ]),
  );
  const offeredTo = ({ participantId }: typeof ben) =>
    senders(
      world
        .events('consumerAdded')
        .filter((event) => event.participantId === participantId)
        .map(({ consumer }) => consumer),
    );
  expect(offeredTo(ben)).toEqual(
    new Map([
      [fromLaptop.producerId, laptop.participantId],
      [fromPhone.producerId, phone.participantId],
    ]),
  );
  expect(await world.transports()).toHaveLength(6);

  await rooms.leave(laptop);
  await until('both others to lose its track', () => world.events('consumerRemoved').length === 2);
  const removed = world.events('consumerRemoved').map(({ participantId }) => participantId);
  expect(removed.toSorted()).toEqual([phone.participantId, ben.participantId].toSorted());
  expect(await world.transports()).toHaveLength(4);
  // The other device goes on.
  await rooms.produce(phone, CAMERA);
  await expect(rooms.produce(laptop, CAMERA)).rejects.toMatchObject({ code: 'not_joined' });
});

test('what a warm participant sends and receives waits until the answer', async () => {
  await using world = await open();
  const { rooms } = world;
  const [ben] = [place('ben')];
  await rooms.join(ANN, JOIN);
  const fromAnn = await rooms.produce(ANN, MICROPHONE);
  const { consumers } = await rooms.join(ben, { ...JOIN, warm: true });
  const consumerIds = consumers.map(({ id }) => id);
  expect(consumers.map(({ producerId }) => producerId)).toEqual([fromAnn.producerId]);
  const [microphoneOfBen, cameraOfBen] = [
    await rooms.produce(ben, MICROPHONE),
    await rooms.produce(ben, { ...CAMERA, paused: true }),
  ];
  await rooms.resumeConsumers(ben, consumerIds);
  const flowing = () =>
    rooms
      .participants()
      .flatMap(({ producers, consumers: received }) => [...producers, ...received])
      .filter(({ paused }) => !paused)
      .map(({ id }) => id);
  expect(flowing()).toEqual([fromAnn.producerId]);
  const offered = world.events('consumerAdded').map(({ consumer }) => consumer);
  expect(offered.map(({ producerPaused }) => producerPaused)).toEqual([true, true]);

  await rooms.activate(ben);
  expect(flowing().toSorted()).toEqual(
    [fromAnn.producerId, microphoneOfBen.producerId, ...consumerIds].toSorted(),
  );
  await until('the other to be told', () => world.events('consumerPaused').length > 0);
  expect(world.events('consumerPaused')).toEqual([
    expect.objectContaining({ participantId: 'ann', paused: false }),
  ]);
  await rooms.pauseProducer(ben, cameraOfBen.producerId, false);
  expect(flowing()).toContain(cameraOfBen.producerId);
});

test('a warm participant that leaves leaves nothing', async () => {
  await using world = await open();
  const { rooms } = world;
  const ben = place('ben');
  await rooms.join(ANN, JOIN);
  await rooms.produce(ANN, MICROPHONE);
  await rooms.join(ben, { ...JOIN, warm: true });
  const { producerId } = await rooms.produce(ben, MICROPHONE);
  await rooms.leave(ben);
  await rooms.leave(ben);
  expect(await world.transports()).toHaveLength(2);
  const offered = world.events('consumerAdded').find(({ consumer }) => consumer.producerId === producerId);
  await until('the other to lose its track', () => world.events('consumerRemoved').length > 0);
  expect(world.events('consumerRemoved')).toEqual([
    expect.objectContaining({ participantId: 'ann', consumerId: offered?.consumer.id }),
  ]);
  await expect(rooms.activate(ben)).rejects.toMatchObject({ code: 'not_joined' });
});
