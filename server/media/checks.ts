import type {
  CheckConsumed,
  CheckOpened,
  CloseCheck,
  ConnectCheck,
  ConsumeCheck,
  OpenCheck,
  ProduceCheck,
  Route,
} from '#protocol/check';
import type { IceServers, Produced, RtpCapabilities } from '#protocol/media';
import type { types } from 'mediasoup';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { randomUUID } from 'node:crypto';
import { AppError } from '../errors.ts';
import { MEDIA_CODECS } from './codecs.ts';
import {
  isOfKind,
  mediaRefused,
  presentConsumer,
  presentTransport,
  type Announce,
  type Tag,
  withoutUndefined,
} from './present.ts';
import type { RoutesSeen, Way } from './routes-seen.ts';
import type { MediaWorkers } from './workers.ts';

/** How long a check may take, and its credentials are good, in seconds. */
const LASTS = 60;
/** Checks that an account may begin, in so many seconds. */
const LIMIT = { points: 6, duration: 600 };
/** A check sends a picture of a few pixels. */
const MAX_INCOMING_BITRATE = 300_000;

interface Collaborators {
  workers: MediaWorkers;
  announce: Announce;
  seen: RoutesSeen;
  /** The check with this id is over, or did not begin. */
  onClosed: (checkId: string) => void;
  /** Multiplies how many checks an account may begin. */
  rateLimitFactor: number;
}

/** Who checks, and from where. */
export interface Checker {
  connectionId: string;
  accountId: string;
  /** Undefined where it is not known. */
  address: string | undefined;
  /** The relays, with credentials for this check alone; null where there are none. */
  iceServers: (checkId: string, lifetime: number) => IceServers | null;
}

interface Check {
  readonly id: string;
  /** Whence it came, where that is known. */
  readonly address: string | undefined;
  readonly router: types.Router;
  readonly transports: ReadonlyMap<string, types.WebRtcTransport>;
  readonly ways: readonly Way[];
  /** What was asked for, once each: the transports that send, and the one that brings back. */
  readonly used: Set<types.WebRtcTransport>;
  readonly back: types.WebRtcTransport;
  readonly rtpCapabilities: RtpCapabilities;
  readonly end: NodeJS.Timeout;
}

/** The server's half of the call doctor: a transport for each way to it, and one that brings media back. */
export class MediaChecks {
  readonly #with: Collaborators;
  readonly #limiter: RateLimiterMemory;
  readonly #checks = new Map<string, Check>();

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
    this.#limiter = new RateLimiterMemory({ ...LIMIT, points: LIMIT.points * collaborators.rateLimitFactor });
  }

  /** Begins a check; one that the connection has is closed. @throws {AppError} `rate_limited` or `overloaded`. */
  async open(checker: Checker, { rtpCapabilities }: OpenCheck): Promise<CheckOpened> {
    await this.#limiter.consume(checker.accountId).catch(() => {
      throw new AppError('rate_limited', 'You have checked several times. Try again in some minutes.');
    });
    const { workers, seen } = this.#with;
    const { worker, webRtcServer } = workers.leastLoaded();
    const router = await worker.createRouter({ mediaCodecs: MEDIA_CODECS });
    const id = randomUUID();
    try {
      const relays = checker.iceServers(id, LASTS);
      const make = () => router.createWebRtcTransport({ webRtcServer, enableUdp: true, enableTcp: true });
      const offers = offersOf(workers.protocols, relays);
      const [back, ...sends] = await Promise.all([make(), ...offers.map(make)]);
      await Promise.all(sends.map((transport) => transport.setMaxIncomingBitrate(MAX_INCOMING_BITRATE)));
      const end = setTimeout(() => this.close(checker.connectionId), LASTS * 1_000).unref();
      this.close(checker.connectionId);
      const { address } = checker;
      const ways: Way[] = [];
      const routes = sends.map((transport, index) => {
        const { route, iceServers } = offers[index] ?? { route: 'udp', iceServers: null };
        const options = this.#present(transport, route);
        const way: Way = isDirect(route) ? { route, port: options.iceCandidates[0]?.port } : { route };
        ways.push(way);
        transport.on('dtlsstatechange', (state) => {
          if (state === 'connected' && address !== undefined) seen.add(way, address);
        });
        return { route, iceServers, transport: options };
      });
      this.#checks.set(checker.connectionId, {
        id,
        address,
        used: new Set(),
        router,
        transports: new Map([back, ...sends].map((transport) => [transport.id, transport])),
        ways,
        back,
        rtpCapabilities,
        end,
      });
      return {
        checkId: id,
        routes,
        back: { transport: presentTransport(back, this.#with.announce), iceServers: relays },
        seen: address === undefined ? [] : seen.forOthersThan(address, ways).map(({ route }) => route),
      };
    } catch (error) {
      router.close();
      this.#with.onClosed(id);
      throw error;
    }
  }

  /** @throws {AppError} `not_found` or `media_refused`. */
  async connect(connectionId: string, { transportId, dtlsParameters }: ConnectCheck): Promise<void> {
    const transport = this.#transport(connectionId, transportId);
    await asked(transport.connect({ dtlsParameters: withoutUndefined(dtlsParameters) }));
  }

  /** @throws {AppError} `not_found` or `media_refused`. */
  async produce(
    { connectionId, accountId }: Checker,
    { transportId, rtpParameters }: ProduceCheck,
  ): Promise<Produced> {
    const transport = this.#transport(connectionId, transportId);
    const check = this.#find(connectionId);
    if (transport === check.back) throw new AppError('invalid', 'This transport sends to you alone.');
    if (!isOfKind(rtpParameters, 'video')) throw mediaRefused();
    use(check, transport);
    const { id } = await asked(
      transport.produce<Tag>({
        kind: 'video',
        rtpParameters: withoutUndefined(rtpParameters),
        appData: { source: 'camera', accountId },
      }),
    );
    return { producerId: id };
  }

  /** @throws {AppError} `not_found` or `media_refused`. */
  async consume({ connectionId, accountId }: Checker, { producerId }: ConsumeCheck): Promise<CheckConsumed> {
    const check = this.#find(connectionId);
    const rtpCapabilities = withoutUndefined(check.rtpCapabilities);
    if (!check.router.canConsume({ producerId, rtpCapabilities })) throw noSuchCheck();
    use(check, check.back);
    const appData: Tag = { source: 'camera', accountId };
    const consumer = await asked(
      check.back.consume<Tag>({ producerId, rtpCapabilities, paused: false, appData }),
    );
    return { consumer: presentConsumer(consumer) };
  }

  /** Ends the connection's check, if it is this one. Idempotent; also where the connection has gone. */
  close(connectionId: string, { checkId, failed = [] }: Partial<CloseCheck> = {}): void {
    const check = this.#checks.get(connectionId);
    if (!check || (checkId !== undefined && checkId !== check.id)) return;
    const { address, ways } = check;
    for (const way of ways)
      if (address !== undefined && failed.includes(way.route)) this.#with.seen.miss(way, address);
    this.#checks.delete(connectionId);
    clearTimeout(check.end);
    check.router.close();
    this.#with.onClosed(check.id);
  }

  /** The candidates that lead over this way alone. */
  #present(transport: types.WebRtcTransport, route: Route): ReturnType<typeof presentTransport> {
    const options = presentTransport(transport, this.#with.announce);
    const { relayedAddress } = this.#with.workers;
    const iceCandidates = options.iceCandidates.filter(({ protocol, address }) =>
      isDirect(route) ? protocol === route && address !== relayedAddress : address === relayedAddress,
    );
    return { ...options, iceCandidates };
  }

  #find(connectionId: string): Check {
    const check = this.#checks.get(connectionId);
    if (!check) throw noSuchCheck();
    return check;
  }

  #transport(connectionId: string, transportId: string): types.WebRtcTransport {
    const transport = this.#find(connectionId).transports.get(transportId);
    if (!transport) throw noSuchCheck();
    return transport;
  }
}

interface Offer {
  route: Route;
  iceServers: IceServers | null;
}

const isDirect = (route: Route): boolean => route === 'udp' || route === 'tcp';

/** The direct ways, and one for each address of the relay. */
function offersOf(protocols: MediaWorkers['protocols'], relays: IceServers | null): Offer[] {
  const direct: Offer[] = protocols.map((route) => ({ route, iceServers: null }));
  if (!relays) return direct;
  const relayed = relays.servers.flatMap(({ urls, ...credentials }) =>
    urls.map((url): Offer => ({
      route: url.startsWith('turns:') ? 'turn_tls' : url.endsWith('udp') ? 'turn_udp' : 'turn_tcp',
      iceServers: { ...relays, servers: [{ urls: [url], ...credentials }] },
    })),
  );
  return [...direct, ...relayed];
}

/** What the worker refuses is the client's parameters. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  return answer.catch(() => {
    throw mediaRefused();
  });
}

/** More than one stream a way would be a load, and no check. */
function use({ used }: Check, transport: types.WebRtcTransport): void {
  if (used.has(transport))
    throw new AppError('invalid', 'This way of the check carries its picture already.');
  used.add(transport);
}

const noSuchCheck = () => new AppError('not_found', 'There is no such check. Begin a new one.');
