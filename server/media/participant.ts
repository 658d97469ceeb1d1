import type {
  ConsumerOptions,
  DtlsParameters,
  MediaSource,
  RtpCapabilities,
  RtpParameters,
  TransportOptions,
} from '#protocol/media';
import type { Notice, NoticeData } from '#protocol/methods';
import type { types } from 'mediasoup';
import { AppError } from '../errors.ts';
import {
  isOfKind,
  mediaRefused,
  presentConsumer,
  presentTransport,
  type Announce,
  type Tag,
  withoutUndefined,
} from './present.ts';

type Transport = types.WebRtcTransport;
type Producer = types.Producer<Tag>;
type Consumer = types.Consumer<Tag>;

interface Options {
  accountId: string;
  router: types.Router;
  rtpCapabilities: RtpCapabilities;
  send: Transport;
  recv: Transport;
  announce: Announce;
  notify: <N extends Notice>(notice: N, data: NoticeData<N>) => void;
  callId: string;
  /** Whether this client will send something. */
  sending: boolean;
  /** Whether everyone is there and nobody will send anything. */
  allListen: () => boolean;
  /** Media came by this protocol from this address; an inner address of ours tells that it was relayed. */
  onRoute: (tuple: types.TransportTuple) => void;
  /** The media came up, or was lost on the way. */
  onUp: () => void;
  onDown: () => void;
}

const SOURCE_KIND: Record<MediaSource, types.MediaKind> = { microphone: 'audio', camera: 'video' };

/** One account's media in a call: a transport each way, what it sends and what it receives. */
export class Participant {
  readonly #with: Options;
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  /** What is asked of the worker only once, noted before it has answered. */
  readonly #connected = new Set<Transport>();
  readonly #sources = new Set<MediaSource>();
  readonly #consumed = new Set<string>();
  /** Where each transport was said to be reached. */
  readonly #announced = new Map<Transport, string>();
  #closed = false;
  /**
   * Whether the media is connected: every transport that has something to carry is. One who only listens
   * to someone who only listens needs none.
   */
  #up = false;

  constructor(options: Options) {
    this.#with = options;
    for (const transport of [options.send, options.recv]) {
      transport.on('dtlsstatechange', () => this.weigh());
      transport.on('icestatechange', () => this.weigh());
    }
  }

  get accountId(): string {
    return this.#with.accountId;
  }

  get sending(): boolean {
    return this.#with.sending;
  }

  get producers(): Producer[] {
    return [...this.#producers.values()];
  }

  get consumers(): Consumer[] {
    return [...this.#consumers.values()];
  }

  /** The transports that are connected. */
  connected(): Transport[] {
    return [this.#with.send, this.#with.recv].filter(isConnected);
  }

  transportOptions(): { sendTransport: TransportOptions; recvTransport: TransportOptions } {
    return { sendTransport: this.#present(this.#with.send), recvTransport: this.#present(this.#with.recv) };
  }

  consumerOptions(): ConsumerOptions[] {
    return [...this.#consumers.values()].map(presentConsumer);
  }

  /** @throws {AppError} `not_found`, `invalid` for a second time, `media_refused` or `not_joined`. */
  async connectTransport(transportId: string, dtlsParameters: DtlsParameters): Promise<void> {
    const transport = this.#transport(transportId);
    if (this.#connected.has(transport)) {
      throw new AppError('invalid', 'This transport is connected already.');
    }
    this.#connected.add(transport);
    try {
      await this.#ask(() => transport.connect({ dtlsParameters: withoutUndefined(dtlsParameters) }));
    } catch (error) {
      this.#connected.delete(transport);
      throw error;
    }
  }

  /**
   * @throws {AppError} `not_found`, `media_refused` or `not_joined`; `media_moved` where it is reached at other addresses
   * than the client was told: it keeps those, and could at best get through by a relay.
   */
  async restartIce(transportId: string): Promise<types.IceParameters> {
    const transport = this.#transport(transportId);
    if (addressesOf(presentTransport(transport, this.#with.announce)) !== this.#announced.get(transport)) {
      throw new AppError('media_moved', 'The media server has other addresses now. Join again.');
    }
    return this.#ask(() => transport.restartIce());
  }

  /** @throws {AppError} `media_refused` where the codecs do not fit, `invalid` for a second of the same source. */
  async produce(source: MediaSource, rtpParameters: RtpParameters, paused: boolean): Promise<Producer> {
    if (this.#sources.has(source)) {
      throw new AppError('invalid', `This call has your ${source} already.`);
    }
    const kind = SOURCE_KIND[source];
    if (!isOfKind(rtpParameters, kind)) throw mediaRefused();
    this.#sources.add(source);
    try {
      const producer = await this.#ask(() =>
        this.#with.send.produce<Tag>({
          kind,
          rtpParameters: withoutUndefined(rtpParameters),
          paused,
          appData: { source, accountId: this.accountId },
        }),
      );
      this.#producers.set(producer.id, producer);
      producer.observer.once('close', () => {
        this.#producers.delete(producer.id);
        this.#sources.delete(source);
      });
      this.weigh();
      return producer;
    } catch (error) {
      this.#sources.delete(source);
      throw error;
    }
  }

  /** @throws {AppError} `not_found`, `media_refused` or `not_joined`. */
  async pauseProducer(producerId: string, paused: boolean): Promise<void> {
    const producer = this.#producers.get(producerId);
    if (producer === undefined) throw new AppError('not_found', 'There is no such track.');
    await this.#ask(() => (paused ? producer.pause() : producer.resume()));
  }

  /** Begins to receive another's track; undefined where this client cannot decode it. */
  async consume(producer: Producer): Promise<Consumer | undefined> {
    const { router, recv, callId, notify } = this.#with;
    const rtpCapabilities = withoutUndefined(this.#with.rtpCapabilities);
    // One who joins while the other begins to send is led to the same track from both sides.
    if (this.#closed || this.#consumed.has(producer.id)) return undefined;
    if (!router.canConsume({ producerId: producer.id, rtpCapabilities })) return undefined;
    this.#consumed.add(producer.id);
    let consumer: Consumer;
    try {
      consumer = await recv.consume<Tag>({
        producerId: producer.id,
        rtpCapabilities,
        // It would send before the client is ready to receive; `resume` follows when it is.
        paused: true,
        appData: producer.appData,
      });
    } catch {
      // The track or this participant is gone meanwhile, or what the client says it can do fits nothing: no
      // fault of whoever sends.
      this.#consumed.delete(producer.id);
      return undefined;
    }
    if (consumer.closed) return undefined;
    this.#consumers.set(consumer.id, consumer);
    consumer.observer.once('close', () => {
      this.#consumers.delete(consumer.id);
      if (!this.#closed) notify('consumerRemoved', { callId, consumerId: consumer.id });
    });
    consumer.on('producerpause', () =>
      notify('consumerPaused', { callId, consumerId: consumer.id, paused: true }),
    );
    consumer.on('producerresume', () =>
      notify('consumerPaused', { callId, consumerId: consumer.id, paused: false }),
    );
    this.weigh();
    return consumer;
  }

  /** Tells the client of a track that came after it had joined. */
  offer(consumer: Consumer): void {
    this.#with.notify('consumerAdded', { callId: this.#with.callId, consumer: presentConsumer(consumer) });
  }

  /** Tells the client of all tracks again. */
  refresh(): void {
    for (const consumer of this.#consumers.values()) this.offer(consumer);
  }

  async resumeConsumers(ids: string[]): Promise<void> {
    await this.#ask(() => Promise.all(ids.map(async (id) => this.#consumers.get(id)?.resume())));
  }

  /** Looks whether the media is connected now, and tells a change. */
  weigh(): void {
    if (this.#closed) return;
    const { send, recv, allListen, onRoute, onUp, onDown } = this.#with;
    const needed = [...(this.#producers.size > 0 ? [send] : []), ...(this.#consumers.size > 0 ? [recv] : [])];
    const up = needed.length > 0 ? needed.every(isConnected) : allListen();
    if (up === this.#up) return;
    // A transport that is only now needed is no loss; one that has been connected and broke is.
    if (!up && !needed.some(isBroken)) return;
    this.#up = up;
    for (const { iceSelectedTuple } of up ? needed : []) if (iceSelectedTuple) onRoute(iceSelectedTuple);
    if (up) onUp();
    else onDown();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#with.send.close();
    this.#with.recv.close();
    this.#producers.clear();
    this.#consumers.clear();
  }

  /**
   * Asks something of the worker. What it refuses is the client's parameters; and whatever is asked may meet a
   * room that is just being closed.
   */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      const answer = await question();
      if (!this.#closed) return answer;
    } catch {
      if (!this.#closed) throw mediaRefused();
    }
    throw notJoined();
  }

  #transport(id: string): Transport {
    const { send, recv } = this.#with;
    if (id === send.id) return send;
    if (id === recv.id) return recv;
    throw new AppError('not_found', 'There is no such transport.');
  }

  #present(transport: Transport): TransportOptions {
    const options = presentTransport(transport, this.#with.announce);
    this.#announced.set(transport, addressesOf(options));
    return options;
  }
}

/** In one order: a name server may give its answers in another each time. */
const addressesOf = ({ iceCandidates }: TransportOptions): string =>
  iceCandidates
    .map(({ address }) => address)
    .sort()
    .join(' ');

export const notJoined = () => new AppError('not_joined', 'You have not joined the media of this call.');

const isConnected = (transport: Transport): boolean =>
  transport.dtlsState === 'connected' && transport.iceState !== 'disconnected';

const isBroken = (transport: Transport): boolean =>
  transport.iceState === 'disconnected' ||
  transport.dtlsState === 'failed' ||
  transport.dtlsState === 'closed';
