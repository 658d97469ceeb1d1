import type { Config } from '../../config/load.ts';
import { CallChecks } from '../diagnostics/call-checks.ts';
import { RoutesSeen } from '../diagnostics/routes-seen.ts';
import type { Logger } from '../logger.ts';
import { QualitySampler } from '../media/quality.ts';
import { MediaRooms } from '../media/rooms.ts';
import type { MediaWorkers } from '../media/workers.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { announce, AnnouncedAddresses } from '../reach/announced-addresses.ts';
import type { Relay } from '../reach/relay.ts';
import { relayedAddressOf, startRelay, startWorkers } from '../start.ts';
import type { Overrides } from './overrides.ts';

interface Given {
  metrics: Metrics;
  /** Whether the web application is served over TLS, and at which port clients reach it then. */
  overTls: boolean;
  tlsPort: () => number;
  overrides: Overrides;
  logger: Logger;
}

/** What carries media, and how clients get to it. */
export interface MediaParts {
  /** The rooms of calls. */
  readonly media: MediaRooms;
  readonly checks: CallChecks;
  readonly workers: MediaWorkers;
  readonly addresses: AnnouncedAddresses;
  /** Undefined where no relay is wanted. */
  readonly relay: Relay | undefined;
  close(): Promise<void>;
}

/** Starts the workers and the relay, and makes the rooms of calls and of call checks. */
export async function composeMedia(config: Config, given: Given): Promise<MediaParts> {
  const { metrics, overTls, tlsPort, overrides, logger } = given;
  const relayedAddress = await relayedAddressOf(config);
  const workers = await startWorkers(config, { relayedAddress, observer: metrics.media, logger });
  const relay = await startRelay(config, {
    relayedAddress,
    overTls,
    tlsPort,
    sweepEvery: overrides.relaySweepEvery,
    logger,
  });
  const addresses = new AnnouncedAddresses({
    configured: config.MEDIA_ADDRESSES,
    publicName: config.PUBLIC_URL?.hostname,
    relayed: relayedAddress,
  });
  await addresses.start();

  const makeRooms = () =>
    new MediaRooms({
      workers,
      announce: (candidates) => announce(candidates, addresses.list()),
      announceSettled: () => addresses.settled(),
      logger,
    });
  const media = makeRooms();
  const seen = new RoutesSeen();
  media.onEvent((event) => {
    if (event.type !== 'up') return;
    for (const path of event.paths) {
      metrics.media.connected(path.protocol);
      seen.addPath(path);
    }
  });
  const checks = new CallChecks({
    media: makeRooms(),
    protocols: workers.protocols,
    relayedAddress,
    seen,
    onClosed: (checkId) => relay?.end(checkId),
    rateLimitFactor: config.RATE_LIMIT_FACTOR,
  });
  const quality = new QualitySampler({
    rooms: media,
    observer: metrics.media,
    every: overrides.qualityEvery,
    logger,
  });
  return {
    media,
    checks,
    workers,
    addresses,
    relay,
    async close() {
      quality.close();
      addresses.close();
      await relay?.close();
      await workers.close();
    },
  };
}
