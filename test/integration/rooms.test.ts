import { rtpCapabilities as capabilitiesSchema } from '#protocol/media';
import { expect, test } from 'vitest';
import { createLogger } from '../../server/logger.ts';
import type { MediaObserver } from '../../server/media/observer.ts';
import { MediaRooms } from '../../server/media/rooms.ts';
import { RoutesSeen } from '../../server/media/routes-seen.ts';
import { MediaWorkers } from '../../server/media/workers.ts';
import { microphone } from '../support/media.ts';

const logger = createLogger('silent');
const observer: MediaObserver = {
  connected: () => undefined,
  workerDied: () => undefined,
  measured: () => undefined,
};

/** Rooms on a worker of their own. */
async function open(
  settings: Pick<ConstructorParameters<typeof MediaRooms>[0], 'announce' | 'announceSettled'>,
) {
  const protocols = ['udp' as const];
  const options = { count: 1, firstPort: 0, protocols, relayedAddress: undefined, observer, logger };
  const workers = await MediaWorkers.start(options);
  const rooms = new MediaRooms({ workers, seen: new RoutesSeen(), observer, logger, ...settings });
  const rtpCapabilities = capabilitiesSchema.parse(rooms.capabilities().rtpCapabilities);
  return {
    rooms,
    join: () => rooms.join('ann', { callId: 'call', rtpCapabilities, sending: true }, () => undefined),
    transports: async () => {
      const dumps = await Promise.all(workers.all().map(({ webRtcServer }) => webRtcServer.dump()));
      return dumps.flatMap(({ webRtcTransportIds }) => webRtcTransportIds);
    },
    [Symbol.asyncDispose]: () => workers.close(),
  };
}

test('of two joins of one account the later stands, though it is done first', async () => {
  const waiting: (() => void)[] = [];
  await using world = await open({
    announce: (candidates) => [...candidates],
    announceSettled: () => new Promise((settled) => waiting.push(settled)),
  });
  const { rooms, join } = world;
  const earlier = join();
  const later = join();
  waiting[1]?.();
  const { sendTransport, recvTransport } = await later;
  waiting[0]?.();
  await expect(earlier).rejects.toMatchObject({ code: 'call_moved_on' });

  expect(rooms.participant('call', 'ann').transportOptions()).toMatchObject({
    sendTransport: { id: sendTransport.id },
    recvTransport: { id: recvTransport.id },
  });
  await rooms.produce('ann', {
    callId: 'call',
    source: 'microphone',
    rtpParameters: microphone(),
    paused: false,
  });
  expect((await world.transports()).toSorted()).toEqual([sendTransport.id, recvTransport.id].toSorted());
});

test('ICE is restarted at the same addresses, in whatever order they come, and at no others', async () => {
  let addresses = ['192.0.2.1', '192.0.2.2'];
  await using world = await open({
    announce: ([candidate]) => (candidate ? addresses.map((address) => ({ ...candidate, address })) : []),
    announceSettled: () => Promise.resolve(),
  });
  const { rooms, join } = world;
  const { sendTransport } = await join();
  addresses.reverse();
  await expect(rooms.restartIce('ann', 'call', sendTransport.id)).resolves.toBeDefined();
  addresses = ['192.0.2.1', '192.0.2.3'];
  await expect(rooms.restartIce('ann', 'call', sendTransport.id)).rejects.toMatchObject({
    code: 'media_moved',
  });
});
