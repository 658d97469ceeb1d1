import type { types } from 'mediasoup-client';
import type { ConsumerOptions, Joined, MediaSource } from '#protocol/media';
import { type Deferred, deferred } from './deferred.ts';
import { IceKeeper } from './ice-keeper.ts';
import { uuid } from './ids.ts';
import { ours, theirs } from './media-types.ts';
import { PRODUCER_OPTIONS } from './producer-options.ts';
import type { Signaling } from './signaling.ts';

/** A track of another participant. */
export interface RemoteTrack {
  consumerId: string;
  source: MediaSource;
  track: MediaStreamTrack;
  receiver: RTCRtpReceiver | undefined;
  /** The other is muted, or their camera is off. */
  paused: boolean;
}

/** Takes the tracks of one participant. */
export interface TrackOwner {
  added(track: RemoteTrack): void;
  removed(consumerId: string): void;
  paused(consumerId: string, paused: boolean): void;
  /** All tracks have ended with the join that they belonged to; a new join brings others. */
  interrupted(): void;
}

export interface JoinedRoomOptions {
  signaling: Signaling;
  callId: string;
  device: types.Device;
  /** The server's answer to the join. */
  joined: Joined;
  /** Whose tracks a participant's are. */
  ownerOf(participantId: string): TrackOwner;
  /** Something that went on by itself has failed. */
  onFailure(error: unknown): void;
  /** The transports lead nowhere: only another join helps. */
  onDead(): void;
}

interface Sender {
  producer: types.Producer;
  /** The id that the server gave; the library's own id is a stand-in, so that nobody waits for it. */
  serverId: Promise<string>;
  paused: boolean;
}

/** A track of another participant that the server told of. */
interface Incoming {
  owner: TrackOwner;
  paused: boolean;
  /** Null while it is being made: what is told of it meanwhile must not be lost. */
  consumer: types.Consumer | null;
}

/**
 * What one `join` gave: two transports, our tracks to the server, and the others' from it. A new join replaces it whole.
 * Connecting, producing and resuming are sent in one go, because the socket and the worker keep their order.
 */
export class JoinedRoom {
  readonly #options: JoinedRoomOptions;
  readonly #send: types.Transport;
  readonly #recv: types.Transport;
  readonly #ice: IceKeeper;
  readonly #senders = new Map<MediaSource, Sender>();
  /** By consumer id. */
  readonly #incoming = new Map<string, Incoming>();
  #closed = false;

  constructor(options: JoinedRoomOptions) {
    this.#options = options;
    const { signaling, callId, device, joined, onFailure, onDead } = options;
    const { sendTransport, recvTransport, iceServers } = joined;
    this.#send = device.createSendTransport(theirs.transportOptions(sendTransport, iceServers));
    this.#recv = device.createRecvTransport(theirs.transportOptions(recvTransport, iceServers));
    const transports = [this.#send, this.#recv];
    for (const transport of transports) this.#connectWith(transport);
    this.#produceWith(this.#send);
    this.#ice = new IceKeeper({ signaling, callId, transports, iceServers, onFailure, onDead });
  }

  /** Makes what is sent as `source` this track; null: nothing. @throws {RequestError | ConnectionLost} */
  async sync(source: MediaSource, track: MediaStreamTrack | null): Promise<void> {
    const sender = this.#senders.get(source);
    if (!sender) {
      if (track) await this.#produce(source, track);
      return;
    }
    if (sender.producer.track !== track) await sender.producer.replaceTrack({ track });
    const paused = track === null;
    if (sender.paused === paused) return;
    sender.paused = paused;
    const { signaling, callId } = this.#options;
    await signaling.request('pauseProducer', { callId, producerId: await sender.serverId, paused });
  }

  /** Receives these tracks. One that is known already may have been paused or resumed since. */
  async receive(list: readonly ConsumerOptions[]): Promise<void> {
    const { signaling, callId } = this.#options;
    for (const { id, producerPaused } of list) this.setPaused(id, producerPaused);
    const fresh = list.filter(({ id }) => !this.#incoming.has(id));
    const made = await Promise.all(fresh.map((options) => this.#consume(options)));
    const consumerIds = made.filter((id) => id !== null);
    if (this.#closed || consumerIds.length === 0) return;
    await signaling.request('resumeConsumers', { callId, consumerIds });
  }

  remove(consumerId: string): void {
    const incoming = this.#incoming.get(consumerId);
    this.#incoming.delete(consumerId);
    if (!incoming?.consumer) return;
    incoming.owner.removed(consumerId);
    incoming.consumer.close();
  }

  setPaused(consumerId: string, paused: boolean): void {
    const incoming = this.#incoming.get(consumerId);
    if (!incoming) return;
    incoming.paused = paused;
    if (incoming.consumer) incoming.owner.paused(consumerId, paused);
  }

  /** Lets go of transports and the others' tracks; our own tracks are their owner's to stop. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ice.close();
    for (const owner of new Set([...this.#incoming.values()].map(({ owner }) => owner))) owner.interrupted();
    this.#send.close();
    this.#recv.close();
  }

  #connectWith(transport: types.Transport): void {
    const { signaling, callId } = this.#options;
    transport.on('connect', ({ dtlsParameters }, done) => {
      const data = { callId, transportId: transport.id, dtlsParameters: ours.dtlsParameters(dtlsParameters) };
      // Not waiting saves a round trip: a refusal is repaired by joining again.
      signaling.request('connectTransport', data).catch((error: unknown) => {
        if (!this.#closed) this.#options.onFailure(error);
      });
      done();
    });
  }

  #produceWith(transport: types.Transport): void {
    const { signaling, callId } = this.#options;
    transport.on('produce', ({ rtpParameters, appData }, done) => {
      const { source, sent } = appData as { source: MediaSource; sent: Deferred<string> };
      const data = { callId, source, rtpParameters: ours.rtpParameters(rtpParameters), paused: false };
      signaling.request('produce', data).then(({ producerId }) => sent.resolve(producerId), sent.reject);
      done({ id: uuid() });
    });
  }

  async #produce(source: MediaSource, track: MediaStreamTrack): Promise<void> {
    const sent = deferred<string>();
    const producer = await this.#send.produce({
      track,
      ...PRODUCER_OPTIONS[source],
      stopTracks: false,
      disableTrackOnPause: false,
      appData: { source, sent },
    });
    this.#senders.set(source, { producer, serverId: sent.promise, paused: false });
    await sent.promise;
  }

  /** The id of the consumer that was made; null where its sender took it back meanwhile. */
  async #consume(options: ConsumerOptions): Promise<string | null> {
    const { id, producerId, kind, source, participantId, producerPaused, rtpParameters } = options;
    const owner = this.#options.ownerOf(participantId);
    const incoming: Incoming = { owner, paused: producerPaused, consumer: null };
    this.#incoming.set(id, incoming);
    const consumer = await this.#recv.consume({
      id,
      producerId,
      kind,
      rtpParameters: theirs.rtpParameters(rtpParameters),
      // One stream a participant lets the browser keep lips and voice together.
      streamId: participantId,
    });
    if (this.#closed || this.#incoming.get(id) !== incoming) {
      consumer.close();
      return null;
    }
    incoming.consumer = consumer;
    const { track, rtpReceiver: receiver } = consumer;
    owner.added({ consumerId: id, source, track, receiver, paused: incoming.paused });
    return id;
  }
}
