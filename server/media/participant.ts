import type { DtlsParameters, IceParameters, MediaSource, TransportOptions } from '#protocol/media';
import type { types } from 'mediasoup';
import type { JoinedMedia, JoinMedia, MediaEvent, MediaPath, Place, ProduceTrack } from '../calls/ports.ts';
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

export type Transport = types.WebRtcTransport;
export type Producer = types.Producer<Tag>;
export type Consumer = types.Consumer<Tag>;

interface Options {
  place: Place;
  router: types.Router;
  join: JoinMedia;
  send: Transport;
  /** Null for one who only sends. */
  recv: Transport | null;
  /** The server's address for the relay: what comes there was relayed. */
  relayedAddress: string | undefined;
  announce: Announce;
  /** Whether everyone is there and nobody will send anything. */
  everyoneListens: () => boolean;
  emit: (event: MediaEvent) => void;
}

const SOURCE_KIND: Record<MediaSource, types.MediaKind> = { microphone: 'audio', camera: 'video' };

/** One participant's media in a room: a transport each way, what it sends and what it receives. */
export class Participant {
  readonly #options: Options;
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  /** What is asked of the worker only once, noted before it has answered. */
  readonly #connected = new Set<Transport>();
  readonly #sources = new Set<MediaSource>();
  readonly #consumed = new Set<string>();
  /** The addresses that the client was given for each transport. */
  readonly #announced = new Map<Transport, string>();
  /** What shall flow once the participant is no longer warm. */
  readonly #waiting = new Set<Producer | Consumer>();
  #warm: boolean;
  #closed = false;
  /**
   * Whether the media is connected: every transport that has something to carry is. One who only listens
   * to someone who only listens needs none.
   */
  #up = false;

  constructor(options: Options) {
    this.#options = options;
    this.#warm = options.join.warm;
    for (const transport of this.#transports()) {
      transport.on('dtlsstatechange', () => this.updateState());
      transport.on('icestatechange', () => this.updateState());
    }
  }

  get id(): string {
    return this.#options.place.participantId;
  }

  get sending(): boolean {
    return this.#options.join.sending;
  }

  get producers(): Producer[] {
    return [...this.#producers.values()];
  }

  get consumers(): Consumer[] {
    return [...this.#consumers.values()];
  }

  /** How media reaches the server: one path for each transport that is connected. */
  paths(): MediaPath[] {
    return this.#transports()
      .filter(isConnected)
      .flatMap(({ iceSelectedTuple }) => (iceSelectedTuple ? [this.#pathOf(iceSelectedTuple)] : []));
  }

  /** What the client needs for its ends of all this. */
  present(): JoinedMedia {
    const { send, recv } = this.#options;
    return {
      sendTransport: this.#present(send),
      recvTransport: recv && this.#present(recv),
      consumers: this.consumers.map(presentConsumer),
    };
  }

  /** The call is answered: what waited may flow. */
  async activate(): Promise<void> {
    this.#warm = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    await this.#ask(() => Promise.all(waiting.filter((one) => !one.closed).map((one) => one.resume())));
  }

  /** See `Media.connectTransport`. */
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

  /** See `Media.restartIce`: a client keeps the addresses of its join, which by now may lead nowhere. */
  async restartIce(transportId: string): Promise<IceParameters> {
    const transport = this.#transport(transportId);
    const announced = addressesOf(presentTransport(transport, this.#options.announce));
    if (announced !== this.#announced.get(transport)) {
      throw new AppError('media_moved', 'The media server has other addresses now. Join again.');
    }
    return this.#ask(() => transport.restartIce());
  }

  /** See `Media.produce`. */
  async produce({ source, rtpParameters, paused }: ProduceTrack): Promise<Producer> {
    if (this.#sources.has(source)) {
      throw new AppError('invalid', `This call has your ${source} already.`);
    }
    const kind = SOURCE_KIND[source];
    if (!isOfKind(rtpParameters, kind)) throw mediaRefused();
    this.#sources.add(source);
    const { send, place } = this.#options;
    try {
      const producer = await this.#ask(() =>
        send.produce<Tag>({
          kind,
          rtpParameters: withoutUndefined(rtpParameters),
          paused: paused || this.#warm,
          appData: { source, participantId: place.participantId },
        }),
      );
      this.#producers.set(producer.id, producer);
      producer.observer.once('close', () => {
        this.#producers.delete(producer.id);
        this.#sources.delete(source);
      });
      this.updateState();
      if (!paused && producer.paused) {
        // The call may have been answered while the producer was made.
        if (this.#warm) this.#waiting.add(producer);
        else await this.#ask(() => producer.resume());
      }
      return producer;
    } catch (error) {
      this.#sources.delete(source);
      throw error;
    }
  }

  /** See `Media.pauseProducer`. */
  async pauseProducer(producerId: string, paused: boolean): Promise<void> {
    const producer = this.#producers.get(producerId);
    if (producer === undefined) throw new AppError('not_found', 'There is no such track.');
    if (this.#warm) {
      if (paused) this.#waiting.delete(producer);
      else this.#waiting.add(producer);
      return;
    }
    await this.#ask(() => (paused ? producer.pause() : producer.resume()));
  }

  /** Begins to receive another's track; undefined where this client cannot decode it, or receives nothing. */
  async consume(producer: Producer): Promise<Consumer | undefined> {
    const { router, recv, join, place, emit } = this.#options;
    // One who joins while the other begins to send is led to the same track from both sides.
    if (this.#closed || recv === null || this.#consumed.has(producer.id)) return undefined;
    const rtpCapabilities = withoutUndefined(join.rtpCapabilities ?? {});
    if (!router.canConsume({ producerId: producer.id, rtpCapabilities })) return undefined;
    this.#consumed.add(producer.id);
    let consumer: Consumer;
    try {
      consumer = await recv.consume<Tag>({
        producerId: producer.id,
        rtpCapabilities,
        // It would send before the client is ready to receive; `resumeConsumers` follows when it is.
        paused: true,
        appData: producer.appData,
      });
    } catch {
      // The track or this participant is gone meanwhile, or what the client says it can do fits nothing: the
      // sender is not at fault.
      this.#consumed.delete(producer.id);
      return undefined;
    }
    if (consumer.closed) return undefined;
    this.#consumers.set(consumer.id, consumer);
    const consumerId = consumer.id;
    consumer.observer.once('close', () => {
      this.#consumers.delete(consumerId);
      if (!this.#closed) emit({ type: 'consumerRemoved', ...place, consumerId });
    });
    consumer.on('producerpause', () => emit({ type: 'consumerPaused', ...place, consumerId, paused: true }));
    consumer.on('producerresume', () =>
      emit({ type: 'consumerPaused', ...place, consumerId, paused: false }),
    );
    this.updateState();
    return consumer;
  }

  /** Tells the client of a track that came after it had joined. */
  announce(consumer: Consumer): void {
    const { place, emit } = this.#options;
    emit({ type: 'consumerAdded', ...place, consumer: presentConsumer(consumer) });
  }

  /** Tells the client of all tracks again. */
  refresh(): void {
    for (const consumer of this.#consumers.values()) this.announce(consumer);
  }

  /** See `Media.resumeConsumers`. */
  async resumeConsumers(ids: readonly string[]): Promise<void> {
    const consumers = ids.flatMap((id) => this.#consumers.get(id) ?? []);
    if (this.#warm) for (const consumer of consumers) this.#waiting.add(consumer);
    else await this.#ask(() => Promise.all(consumers.map((consumer) => consumer.resume())));
  }

  /** Looks whether the media is connected now, and reports a change. */
  updateState(): void {
    if (this.#closed) return;
    const { send, recv, place, everyoneListens, emit } = this.#options;
    const needed = [
      ...(this.#producers.size > 0 ? [send] : []),
      ...(recv && this.#consumers.size > 0 ? [recv] : []),
    ];
    const up = needed.length > 0 ? needed.every(isConnected) : everyoneListens();
    if (up === this.#up) return;
    // A transport that is only now needed is no loss; one that has been connected and broke is.
    if (!up && !needed.some(isBroken)) return;
    this.#up = up;
    if (up) {
      const tuples = needed.flatMap(({ iceSelectedTuple }) => iceSelectedTuple ?? []);
      emit({ type: 'up', ...place, paths: tuples.map((tuple) => this.#pathOf(tuple)) });
    } else {
      emit({ type: 'down', ...place });
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const transport of this.#transports()) transport.close();
    this.#producers.clear();
    this.#consumers.clear();
  }

  /**
   * Asks something of the worker. What it refuses is the client's parameters; and any question may meet a
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

  #transports(): Transport[] {
    const { send, recv } = this.#options;
    return recv ? [send, recv] : [send];
  }

  #transport(id: string): Transport {
    const transport = this.#transports().find((one) => one.id === id);
    if (transport === undefined) throw new AppError('not_found', 'There is no such transport.');
    return transport;
  }

  #pathOf({ protocol, localAddress, localPort, remoteIp }: types.TransportTuple): MediaPath {
    const relayed = localAddress === this.#options.relayedAddress;
    return { protocol: relayed ? 'relayed' : protocol, port: localPort, address: remoteIp };
  }

  #present(transport: Transport): TransportOptions {
    const options = presentTransport(transport, this.#options.announce);
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
