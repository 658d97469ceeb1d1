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
import type { ConsumerOptions, IceServers, Produced, TransportOptions } from '#protocol/media';
import { isDirect } from '#protocol/rules';
import { randomUUID } from 'node:crypto';
import type { JoinMedia, Media, MediaEvent, Place } from '../calls/ports.ts';
import { AppError } from '../errors.ts';
import { TryCounter } from '../accounts/try-counter.ts';
import type { RoutesSeen, Way } from './routes-seen.ts';

/** How long a check may take, and its credentials are good, in seconds. */
const LASTS = 60;
/** Checks that an account may begin, in so many seconds. */
const LIMIT = { points: 6, duration: 600 };
/** A check sends a picture of a few pixels. */
const MAX_BITRATE = 300_000;

interface Collaborators {
  /** Rooms for checks alone. */
  media: Media;
  /** The direct ways that this server offers. */
  protocols: readonly ('udp' | 'tcp')[];
  /** Where the relay finds the media, if there is a relay. */
  relayedAddress: string | undefined;
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

/** A participant that sends over one way. */
interface Sender {
  readonly place: Place;
  readonly transportId: string;
  readonly way: Way;
}

interface Check {
  readonly id: string;
  /** The client's address, where it is known. */
  readonly address: string | undefined;
  readonly senders: readonly Sender[];
  /** The participant that receives what the others send. */
  readonly receiver: { readonly place: Place; readonly transportId: string };
  /** What the receiver may receive, by producer id, until it is asked for. */
  readonly received: Map<string, ConsumerOptions>;
  /** One picture comes back, and no more. */
  consumed: boolean;
  readonly end: NodeJS.Timeout;
}

/**
 * The server's half of the call check. A check is a room: one participant sends over each way to the server, and one receives
 * what they send.
 */
export class CallChecks {
  readonly #deps: Collaborators;
  readonly #limit: TryCounter;
  readonly #byConnection = new Map<string, Check>();
  readonly #byId = new Map<string, Check>();

  constructor(collaborators: Collaborators) {
    this.#deps = collaborators;
    this.#limit = new TryCounter({ ...LIMIT, points: LIMIT.points * collaborators.rateLimitFactor });
    collaborators.media.onEvent((event) => this.#take(event));
  }

  /** Begins a check; an earlier one of the connection is closed. @throws {AppError} `rate_limited` or `overloaded`. */
  async open(checker: Checker, { rtpCapabilities }: OpenCheck): Promise<CheckOpened> {
    if (this.#limit.take(checker.accountId) > 0) {
      throw new AppError('rate_limited', 'You have checked several times. Try again in some minutes.');
    }
    const { media, protocols, seen, onClosed } = this.#deps;
    const id = randomUUID();
    try {
      const relays = checker.iceServers(id, LASTS);
      const [back, ...sends] = await Promise.all([
        this.#join(id, { rtpCapabilities, sending: false }),
        ...offersOf(protocols, relays).map(async (offer) => ({
          ...offer,
          ...(await this.#join(id, { rtpCapabilities: null, sending: true })),
        })),
      ]);
      if (back.recvTransport === null) throw new Error('who receives has no transport to receive');
      const routes = sends.map(({ route, iceServers, sendTransport, place }) => {
        const transport = this.#only(sendTransport, route);
        const way: Way = isDirect(route) ? { route, port: transport.iceCandidates[0]?.port } : { route };
        return { route, iceServers, transport, sender: { place, transportId: transport.id, way } };
      });
      this.close(checker.connectionId);
      const check: Check = {
        id,
        address: checker.address,
        senders: routes.map(({ sender }) => sender),
        receiver: { place: back.place, transportId: back.recvTransport.id },
        received: new Map(),
        consumed: false,
        end: setTimeout(() => this.close(checker.connectionId), LASTS * 1_000).unref(),
      };
      this.#byConnection.set(checker.connectionId, check);
      this.#byId.set(id, check);
      const ways = check.senders.map(({ way }) => way);
      return {
        checkId: id,
        routes: routes.map(({ route, iceServers, transport }) => ({ route, iceServers, transport })),
        back: { transport: back.recvTransport, iceServers: relays },
        seen:
          check.address === undefined
            ? []
            : seen.forOthersThan(check.address, ways).map(({ route }) => route),
      };
    } catch (error) {
      await media.close(id);
      onClosed(id);
      throw error;
    }
  }

  /** @throws {AppError} `not_found` unless the connection has begun a check that goes on. */
  assertOpen(connectionId: string): void {
    this.#find(connectionId);
  }

  /** @throws {AppError} `not_found` or `media_refused`. */
  async connect(connectionId: string, { transportId, dtlsParameters }: ConnectCheck): Promise<void> {
    const { senders, receiver } = this.#find(connectionId);
    const end = [...senders, receiver].find((one) => one.transportId === transportId);
    if (end === undefined) throw noSuchCheck();
    await this.#deps.media.connectTransport(end.place, transportId, dtlsParameters);
  }

  /** @throws {AppError} `not_found`, `media_refused`, or `invalid` for a second picture over one way. */
  async produce(connectionId: string, { transportId, rtpParameters }: ProduceCheck): Promise<Produced> {
    const { senders, receiver } = this.#find(connectionId);
    if (transportId === receiver.transportId)
      throw new AppError('invalid', 'This transport sends to you alone.');
    const sender = senders.find((one) => one.transportId === transportId);
    if (sender === undefined) throw noSuchCheck();
    return this.#deps.media.produce(sender.place, { source: 'camera', rtpParameters, paused: false });
  }

  /** @throws {AppError} `not_found`, or `invalid` for a second picture. */
  async consume(connectionId: string, { producerId }: ConsumeCheck): Promise<CheckConsumed> {
    const check = this.#find(connectionId);
    const consumer = check.received.get(producerId);
    if (consumer === undefined) throw noSuchCheck();
    if (check.consumed) throw new AppError('invalid', 'This check has its picture already.');
    check.consumed = true;
    await this.#deps.media.resumeConsumers(check.receiver.place, [consumer.id]);
    return { consumer };
  }

  /** Ends the connection's check, if it is this one. Idempotent; also where the connection has gone. */
  close(connectionId: string, { checkId, failed = [] }: Partial<CloseCheck> = {}): void {
    const check = this.#byConnection.get(connectionId);
    if (!check || (checkId !== undefined && checkId !== check.id)) return;
    const { media, seen, onClosed } = this.#deps;
    for (const { way } of check.senders) {
      if (check.address !== undefined && failed.includes(way.route)) seen.miss(way, check.address);
    }
    this.#byConnection.delete(connectionId);
    this.#byId.delete(check.id);
    clearTimeout(check.end);
    void media.close(check.id);
    onClosed(check.id);
  }

  async #join(roomId: string, join: Pick<JoinMedia, 'rtpCapabilities' | 'sending'>) {
    const place = { roomId, participantId: randomUUID() };
    const joined = await this.#deps.media.join(place, { ...join, warm: false, maxBitrate: MAX_BITRATE });
    return { place, ...joined };
  }

  #take(event: MediaEvent): void {
    const check = this.#byId.get(event.roomId);
    if (check === undefined) return;
    if (event.type === 'consumerAdded') check.received.set(event.consumer.producerId, event.consumer);
    if (event.type !== 'up' || check.address === undefined) return;
    const sender = check.senders.find(({ place }) => place.participantId === event.participantId);
    if (sender) this.#deps.seen.add(sender.way, check.address);
  }

  /** The candidates that lead over this way alone. */
  #only(transport: TransportOptions, route: Route): TransportOptions {
    const { relayedAddress } = this.#deps;
    const iceCandidates = transport.iceCandidates.filter(({ protocol, address }) =>
      isDirect(route) ? protocol === route && address !== relayedAddress : address === relayedAddress,
    );
    return { ...transport, iceCandidates };
  }

  #find(connectionId: string): Check {
    const check = this.#byConnection.get(connectionId);
    if (!check) throw noSuchCheck();
    return check;
  }
}

interface Offer {
  route: Route;
  iceServers: IceServers | null;
}

/** The direct ways, and one for each address of the relay. */
function offersOf(protocols: readonly ('udp' | 'tcp')[], relays: IceServers | null): Offer[] {
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

const noSuchCheck = () => new AppError('not_found', 'There is no such check. Begin a new one.');
