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

test('of two joins of one account the later stands, though it is done first', async () => {
  const settings = { count: 1, firstPort: 0, relayedAddress: undefined, observer, logger };
  const workers = await MediaWorkers.start(settings);
  const waiting: (() => void)[] = [];
  const rooms = new MediaRooms({
    workers,
    announce: (candidates) => [...candidates],
    announceSettled: () => new Promise((settled) => waiting.push(settled)),
    seen: new RoutesSeen(),
    observer,
    logger,
  });
  try {
    const rtpCapabilities = capabilitiesSchema.parse(rooms.capabilities().rtpCapabilities);
    const join = () => rooms.join('ann', { callId: 'call', rtpCapabilities, sending: true }, () => undefined);
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
    const [media] = workers.all();
    const { webRtcTransportIds } = (await media?.webRtcServer.dump()) ?? {};
    expect(webRtcTransportIds?.toSorted()).toEqual([sendTransport.id, recvTransport.id].toSorted());
  } finally {
    await workers.close();
  }
});
