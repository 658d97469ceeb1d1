import type { Join, Joined, Produce, Produced, RouterCapabilities } from '#protocol/media';
import type { Notice, NoticeData } from '#protocol/methods';
import type { types } from 'mediasoup';
import { generateRouterRtpCapabilities } from 'mediasoup/ortc';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { MEDIA_CODECS } from './codecs.ts';
import { notJoined, Participant } from './participant.ts';
import type { MediaObserver, Protocol } from './observer.ts';
import type { Announce } from './present.ts';
import type { RoutesSeen } from './routes-seen.ts';
import type { MediaWorker, MediaWorkers } from './workers.ts';

const ROUTER_CAPABILITIES = generateRouterRtpCapabilities(MEDIA_CODECS);

/** Where congestion control begins before it knows the link, in bit/s: too low blurs, too high chokes. */
const START_BITRATE = 800_000;
/** What one sender may send at most, in bit/s; it steers the sender's congestion control. */
const MAX_INCOMING_BITRATE = 2_500_000;
/** Seconds without a consent check (RFC 7675) after which the client counts as gone. */
const ICE_CONSENT_TIMEOUT_S = 10;

interface Collaborators {
  workers: MediaWorkers;
  announce: Announce;
  /** Resolves when what is announced is no longer in doubt. */
  announceSettled: () => Promise<void>;
  seen: RoutesSeen;
  observer: MediaObserver;
  logger: Logger;
}

interface Room {
  readonly id: string;
  readonly worker: MediaWorker;
  readonly router: Promise<types.Router>;
  readonly participants: Map<string, Participant>;
  /** The last `join` that each account asked for. */
  readonly joins: Map<string, Join>;
  closed: boolean;
}

interface Listeners {
  onUp: (callId: string, accountId: string) => void;
  onDown: (callId: string, accountId: string) => void;
  /** The room is gone with its worker. */
  onLost: (callId: string) => void;
}

type Transport = types.WebRtcTransport;
type Send = <N extends Notice>(notice: N, data: NoticeData<N>) => void;

/**
 * The rooms of calls: one router each, made when the first participant joins and closed at the call's end.
 * Who may join is not decided here.
 */
export class MediaRooms {
  readonly #with: Collaborators;
  readonly #rooms = new Map<string, Room>();
  #listeners: Listeners = { onUp: () => undefined, onDown: () => undefined, onLost: () => undefined };

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
    collaborators.workers.onDied((worker) => this.#lose(worker));
  }

  listen(listeners: Listeners): void {
    this.#listeners = listeners;
  }

  /** What every router can carry: the same for all, so that clients may ask before there is a call. */
  capabilities(): RouterCapabilities {
    return { rtpCapabilities: { ...ROUTER_CAPABILITIES } };
  }

  /**
   * Joins, or joins anew: what the account had in the room before is closed.
   *
   * @throws {AppError} `media_lost`; or `call_moved_on` where the account has asked again before there were transports.
   */
  async join(accountId: string, join: Join, notify: Send): Promise<Omit<Joined, 'iceServers'>> {
    const { callId, rtpCapabilities, sending } = join;
    const room = this.#rooms.get(callId) ?? this.#open(callId);
    room.joins.set(accountId, join);
    const [{ router, send, recv }] = await Promise.all([this.#prepare(room), this.#with.announceSettled()]);
    if (room.closed) throw mediaLost();
    if (room.joins.get(accountId) !== join) {
      send.close();
      recv.close();
      throw new AppError('call_moved_on', 'This call was joined again since.');
    }
    const before = room.participants.get(accountId);
    if (before) {
      before.close();
      // What was up is up no more; the new one tells when it is.
      this.#listeners.onDown(callId, accountId);
    }
    const participant: Participant = new Participant({
      accountId,
      callId,
      router,
      rtpCapabilities,
      sending,
      send,
      recv,
      announce: this.#with.announce,
      notify,
      allListen: () =>
        room.participants.size > 1 && [...room.participants.values()].every((one) => !one.sending),
      onRoute: (tuple) => this.#see(tuple),
      onUp: () => this.#listeners.onUp(callId, accountId),
      onDown: () => this.#listeners.onDown(callId, accountId),
    });
    room.participants.set(accountId, participant);
    const others = [...room.participants.values()].filter((other) => other !== participant);
    const producers = others.flatMap((other) => other.producers);
    await Promise.all(producers.map((producer) => participant.consume(producer)));
    for (const one of room.participants.values()) one.weigh();
    return { ...participant.transportOptions(), consumers: participant.consumerOptions() };
  }

  async produce(accountId: string, { callId, source, rtpParameters, paused }: Produce): Promise<Produced> {
    const participant = this.participant(callId, accountId);
    const producer = await participant.produce(source, rtpParameters, paused);
    const others = [...(this.#rooms.get(callId)?.participants.values() ?? [])].filter(
      (one) => one !== participant,
    );
    await Promise.all(
      others.map(async (other) => {
        const consumer = await other.consume(producer);
        if (consumer) other.offer(consumer);
      }),
    );
    return { producerId: producer.id };
  }

  /** @throws {AppError} `not_joined`, or whatever `Participant.restartIce` refuses with. */
  async restartIce(accountId: string, callId: string, transportId: string): Promise<types.IceParameters> {
    await this.#with.announceSettled();
    return this.participant(callId, accountId).restartIce(transportId);
  }

  /** @throws {AppError} `not_joined`. */
  participant(callId: string, accountId: string): Participant {
    const participant = this.#rooms.get(callId)?.participants.get(accountId);
    if (participant === undefined) throw notJoined();
    return participant;
  }

  refresh(callId: string, accountId: string): boolean {
    const participant = this.#rooms.get(callId)?.participants.get(accountId);
    participant?.refresh();
    return participant !== undefined;
  }

  /** Everyone in every room. */
  participants(): Participant[] {
    return [...this.#rooms.values()].flatMap((room) => [...room.participants.values()]);
  }

  /** How many transports are connected, by the way that media takes. */
  countTransports(): Record<Protocol, number> {
    const counts = { udp: 0, tcp: 0, relayed: 0 };
    for (const participant of this.participants())
      for (const { iceSelectedTuple } of participant.connected())
        if (iceSelectedTuple) counts[this.#protocolOf(iceSelectedTuple)] += 1;
    return counts;
  }

  /** How many rooms there are. */
  get size(): number {
    return this.#rooms.size;
  }

  close(callId: string): void {
    const room = this.#rooms.get(callId);
    if (room === undefined) return;
    this.#rooms.delete(callId);
    room.closed = true;
    room.worker.rooms -= 1;
    for (const participant of room.participants.values()) participant.close();
    // A router that is still being made is closed as soon as it is there; one that failed never was.
    room.router.then(
      (router) => router.close(),
      () => undefined,
    );
  }

  #open(callId: string): Room {
    const worker = this.#with.workers.leastLoaded();
    worker.rooms += 1;
    const room: Room = {
      id: callId,
      worker,
      router: worker.worker.createRouter({ mediaCodecs: MEDIA_CODECS }),
      participants: new Map(),
      joins: new Map(),
      closed: false,
    };
    this.#rooms.set(callId, room);
    room.router.catch((error: unknown) => {
      this.#with.logger.error({ callId, err: error }, 'a router could not be made');
      this.close(callId);
    });
    return room;
  }

  /** @throws {AppError} `media_lost` where the room closes, or its worker dies, while it is made. */
  async #prepare(room: Room): Promise<{ router: types.Router; send: Transport; recv: Transport }> {
    try {
      const router = await room.router;
      const [send, recv] = await Promise.all([this.#transport(room, router), this.#transport(room, router)]);
      await send.setMaxIncomingBitrate(MAX_INCOMING_BITRATE);
      return { router, send, recv };
    } catch (error) {
      // A room that was closed meanwhile has taken its transports with it, as it should.
      const level = room.closed ? 'debug' : 'warn';
      this.#with.logger[level]({ callId: room.id, err: error }, 'a room could not be joined');
      throw mediaLost();
    }
  }

  #transport(room: Room, router: types.Router): Promise<Transport> {
    return router.createWebRtcTransport({
      webRtcServer: room.worker.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: START_BITRATE,
      iceConsentTimeout: ICE_CONSENT_TIMEOUT_S,
    });
  }

  #see(tuple: types.TransportTuple): void {
    const { seen, observer } = this.#with;
    const protocol = this.#protocolOf(tuple);
    observer.connected(protocol);
    if (tuple.remoteIp !== undefined && protocol !== 'relayed')
      seen.add({ route: protocol, port: tuple.localPort }, tuple.remoteIp);
  }

  #protocolOf({ protocol, localAddress }: types.TransportTuple): Protocol {
    return localAddress === this.#with.workers.relayedAddress ? 'relayed' : protocol;
  }

  #lose(worker: MediaWorker): void {
    for (const room of [...this.#rooms.values()]) {
      if (room.worker !== worker) continue;
      this.close(room.id);
      this.#listeners.onLost(room.id);
    }
  }
}

const mediaLost = () => new AppError('media_lost', 'The media server of this call is gone. Join again.');
