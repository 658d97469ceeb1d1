import type { types } from 'mediasoup';
import type { JoinedMedia, JoinMedia, MediaEvent } from '../calls/ports.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { MEDIA_CODECS } from './codecs.ts';
import { Participant, type Producer, type Transport } from './participant.ts';
import type { Announce } from './present.ts';
import type { MediaWorker } from './workers.ts';

/** Where congestion control begins before it knows the link, in bit/s: too low blurs, too high chokes. */
const START_BITRATE = 800_000;
/** What one sender may send by default, in bit/s; it steers the sender's congestion control. */
const MAX_INCOMING_BITRATE = 2_500_000;
/** Seconds without a consent check (RFC 7675) after which the client counts as gone. */
const ICE_CONSENT_TIMEOUT_S = 10;

interface Options {
  id: string;
  worker: MediaWorker;
  /** Where the relay finds the media, if there is one. */
  relayedAddress: string | undefined;
  announce: Announce;
  announceSettled: () => Promise<void>;
  emit: (event: MediaEvent) => void;
  logger: Logger;
}

/** One router, and the participants who have joined it. */
export class Room {
  readonly worker: MediaWorker;
  readonly #options: Options;
  readonly #router: Promise<types.Router>;
  readonly #participants = new Map<string, Participant>();
  /** The last `join` of each participant. */
  readonly #joins = new Map<string, JoinMedia>();
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    this.worker = options.worker;
    this.worker.rooms += 1;
    this.#router = this.worker.worker.createRouter({ mediaCodecs: MEDIA_CODECS });
  }

  /** Rejects where the router cannot be made. */
  get failed(): Promise<unknown> {
    return this.#router;
  }

  get participants(): Participant[] {
    return [...this.#participants.values()];
  }

  participant(id: string): Participant | undefined {
    return this.#participants.get(id);
  }

  /** See `Media.join`. */
  async join(participantId: string, join: JoinMedia): Promise<JoinedMedia> {
    this.#joins.set(participantId, join);
    const [{ router, send, recv }] = await Promise.all([
      this.#makeTransports(join),
      this.#options.announceSettled(),
    ]);
    if (this.#closed) throw mediaLost();
    if (this.#joins.get(participantId) !== join) {
      send.close();
      recv?.close();
      throw new AppError('call_moved_on', 'This call was joined again, or left, meanwhile.');
    }
    const place = { roomId: this.#options.id, participantId };
    const before = this.#participants.get(participantId);
    if (before) {
      before.close();
      // The earlier join's media is down; the new one reports when it connects.
      this.#options.emit({ type: 'down', ...place });
    }
    const participant = new Participant({
      place,
      router,
      join,
      send,
      recv,
      relayedAddress: this.#options.relayedAddress,
      announce: this.#options.announce,
      everyoneListens: () => this.#everyoneListens(),
      emit: this.#options.emit,
    });
    this.#participants.set(participantId, participant);
    const others = this.participants.filter((other) => other !== participant);
    const producers = others.flatMap((other) => other.producers);
    await Promise.all(producers.map((producer) => participant.consume(producer)));
    for (const one of this.#participants.values()) one.updateState();
    return participant.present();
  }

  /** Offers a new track to the others. */
  async offer(sender: Participant, producer: Producer): Promise<void> {
    const others = this.participants.filter((one) => one !== sender);
    await Promise.all(
      others.map(async (other) => {
        const consumer = await other.consume(producer);
        if (consumer) other.announce(consumer);
      }),
    );
  }

  leave(participantId: string): void {
    this.#joins.delete(participantId);
    this.#participants.get(participantId)?.close();
    this.#participants.delete(participantId);
    for (const one of this.#participants.values()) one.updateState();
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.worker.rooms -= 1;
    for (const participant of this.#participants.values()) participant.close();
    // A router that is still being made is closed once it is there; `failed` reports one that never was.
    this.#router.then(
      (router) => router.close(),
      () => undefined,
    );
  }

  #everyoneListens(): boolean {
    return this.#participants.size > 1 && this.participants.every((one) => !one.sending);
  }

  /** @throws {AppError} `media_lost` where the room closes, or its worker dies, meanwhile. */
  async #makeTransports({
    rtpCapabilities,
    maxBitrate = MAX_INCOMING_BITRATE,
  }: JoinMedia): Promise<{ router: types.Router; send: Transport; recv: Transport | null }> {
    try {
      const router = await this.#router;
      const [send, recv] = await Promise.all([
        this.#makeTransport(router),
        rtpCapabilities && this.#makeTransport(router),
      ]);
      await send.setMaxIncomingBitrate(maxBitrate);
      return { router, send, recv };
    } catch (error) {
      // A room that was closed meanwhile has taken its transports with it, as it should.
      const level = this.#closed ? 'debug' : 'warn';
      this.#options.logger[level]({ roomId: this.#options.id, err: error }, 'a room could not be joined');
      throw mediaLost();
    }
  }

  #makeTransport(router: types.Router): Promise<Transport> {
    return router.createWebRtcTransport({
      webRtcServer: this.worker.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: START_BITRATE,
      iceConsentTimeout: ICE_CONSENT_TIMEOUT_S,
    });
  }
}

const mediaLost = () => new AppError('media_lost', 'The media server of this call is gone. Join again.');
