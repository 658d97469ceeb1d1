import type { types } from 'mediasoup-client';
import type { ConsumerOptions, IceServers, MediaSource } from '#protocol/media';
import { type Deferred, deferred } from './deferred.ts';
import { uuid } from './ids.ts';
import { BrowserUnsupported, prepareMedia } from './media-device.ts';
import { ours, theirs } from './media-types.ts';
import { PRODUCER_OPTIONS } from './producer-options.ts';
import { ConnectionLost, RequestError, type Signaling } from './signaling.ts';
import { isMistake, reportMistake } from './mistakes.ts';

/** A track of the other, as it comes from the server. */
export interface RemoteTrack {
  consumerId: string;
  source: MediaSource;
  track: MediaStreamTrack;
  receiver: RTCRtpReceiver | undefined;
  /** The other is muted, or their camera is off. */
  paused: boolean;
}

/** `page`: our own code failed, or the browser lacks what it uses. */
export type MediaTrouble = 'unreachable' | 'unsupported' | 'page';

export interface MediaSessionOptions {
  signaling: Signaling;
  callId: string;
  /** The other's tracks as they are now. */
  onRemote(tracks: readonly RemoteTrack[]): void;
  /**
   * Joining has failed several times, or cannot succeed. After `unreachable` it is tried again until the call's own deadlines
   * end it; the others do not pass by waiting.
   */
  onTrouble(trouble: MediaTrouble): void;
}

/** Between further tries, once there has been trouble. */
const LAST_REJOIN_DELAY = 3_000;
/** How long the last picture stands, once the call is active again, for one that does not come. */
const LAST_STANDS = 3_000;
/** A restart of ICE that has not connected by then keeps to addresses that lead nowhere, in milliseconds. */
const RESTARTED_WITHIN = 3_000;
const REJOIN_DELAYS = [0, 500, 1_500, 3_000];
/** Our own code that fails so often fails always. */
const MISTAKES_MAX = 2;

interface Sender {
  producer: types.Producer;
  /** The id that the server gave; the library's own id is a stand-in, so that nobody waits for it. */
  serverId: Promise<string>;
  paused: boolean;
}

/** A track of the other that the server told of. */
interface Incoming {
  source: MediaSource;
  paused: boolean;
  /** Null while it is being made: what is told of it meanwhile must not be lost. */
  consumer: types.Consumer | null;
}

/** Everything that belongs to one `join`; a new one replaces it whole. */
interface Joined {
  send: types.Transport;
  recv: types.Transport;
  senders: Map<MediaSource, Sender>;
  /** By consumer id, in the order in which the server told of them. */
  incoming: Map<string, Incoming>;
}

/**
 * This tab's media in one call: our tracks to the server, the other's from it. Wishes (`setTrack`) and
 * repairs (`join`) run one after the other. `join` needs one round trip; connecting, producing and
 * resuming are then sent in one go, because the socket and the worker keep their order.
 */
export class MediaSession {
  readonly #options: MediaSessionOptions;
  readonly #wanted = new Map<MediaSource, MediaStreamTrack | null>();
  #joined: Joined | null = null;
  /** What was shown of the other before this join: the last picture stands until the next one comes. */
  #last: readonly RemoteTrack[] = [];
  #forget: ReturnType<typeof setTimeout> | undefined;
  #queue: Promise<void> = Promise.resolve();
  #joinQueued = false;
  /** Whether the server has been asked, and has not answered. */
  #joining = false;
  /** Whether the devices are still being opened. */
  #opening = true;
  /** What the last join said about tracks to come. */
  #promised = false;
  /** Whether the connection dropped while something was asked. */
  #interrupted = false;
  #failures = 0;
  #mistakes = 0;
  /** Until the next try. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** Until the relays' credentials are half as old as they may be. */
  #refresh: ReturnType<typeof setTimeout> | undefined;

  readonly #unsubscribe: () => void;

  constructor(options: MediaSessionOptions) {
    this.#options = options;
    const isHere = (callId: string) => callId === options.callId;
    this.#unsubscribe = options.signaling.on({
      consumerAdded: ({ callId, consumer }) => isHere(callId) && this.#consumerAdded(consumer),
      consumerRemoved: ({ callId, consumerId }) => isHere(callId) && this.#consumerRemoved(consumerId),
      consumerPaused: ({ callId, consumerId, paused }) =>
        isHere(callId) && this.#consumerPaused(consumerId, paused),
      mediaLost: ({ callId }) => isHere(callId) && this.#lost(),
    });
  }

  /** Joins, or joins afresh. */
  join(): void {
    if (this.#joinQueued) return;
    this.#joinQueued = true;
    this.#enqueue(async () => {
      this.#joinQueued = false;
      await this.#join();
    });
  }

  /** Sends this track as this source; null: sends nothing. The track stays its owner's. */
  setTrack(source: MediaSource, track: MediaStreamTrack | null): void {
    this.#wanted.set(source, track);
    this.#enqueue(() => this.#sync(source));
  }

  /** The devices have answered. Who promised tracks and has none joins again, only to listen. */
  devicesSettled(): void {
    this.#opening = false;
    if (this.#promised && !this.#sends()) this.join();
  }

  /**
   * A new connection. Media outlives the socket, and the server tells of all tracks again; only what was
   * under way when the old connection dropped is not known to have happened.
   */
  reconnected(): void {
    if (this.#interrupted) this.join();
  }

  /** Somebody's media is on its way back: the last picture stands until it is there. */
  unsettled(): void {
    clearTimeout(this.#forget);
  }

  /** Everyone has media again: what is not there soon does not come back. */
  settled(): void {
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => {
      this.#last = [];
      this.#show();
    }, LAST_STANDS);
  }

  /** Lets go of transports and the other's tracks; our own tracks are their owner's to stop. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    clearTimeout(this.#retry);
    this.#leave();
  }

  /** The server has lost the room. A join that is on its way makes it anew already. */
  #lost(): void {
    if (!this.#joining) this.join();
  }

  #consumerAdded(options: ConsumerOptions): void {
    const joined = this.#joined;
    if (!joined) return;
    if (joined.incoming.has(options.id)) this.#consumerPaused(options.id, options.producerPaused);
    else void this.#guard(this.#consume(joined, [options]), joined);
  }

  #consumerRemoved(consumerId: string): void {
    // The other may be joining again: their last picture stands for a while.
    const gone = this.#tracks().find((track) => track.consumerId === consumerId);
    if (gone) this.#last = [...this.#last.filter(({ source }) => source !== gone.source), gone];
    this.settled();
    this.#joined?.incoming.get(consumerId)?.consumer?.close();
    this.#joined?.incoming.delete(consumerId);
    this.#show();
  }

  #consumerPaused(consumerId: string, paused: boolean): void {
    const incoming = this.#joined?.incoming.get(consumerId);
    if (incoming) incoming.paused = paused;
    this.#show();
  }

  #sends(): boolean {
    return this.#opening || [...this.#wanted.values()].some((track) => track !== null);
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(() => (this.#closed ? undefined : this.#guard(work())));
  }

  /**
   * What the server lost is joined again; after a lost connection, on the next.
   *
   * @param of The join that the work belongs to: what fails of one that was replaced repairs nothing.
   */
  async #guard(work: Promise<unknown>, of?: Joined): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (this.#closed || (of && of !== this.#joined)) return;
      if (error instanceof ConnectionLost) {
        this.#interrupted = true;
        return;
      }
      if (error instanceof RequestError && error.code === 'call_moved_on') return;
      if (error instanceof BrowserUnsupported) {
        this.#options.onTrouble('unsupported');
        return;
      }
      if (isMistake(error)) {
        reportMistake(error);
        if (++this.#mistakes >= MISTAKES_MAX) {
          this.#options.onTrouble('page');
          return;
        }
      }
      // Of what fails of one join, one thing is enough to have it done again.
      if (this.#retry !== undefined) return;
      const delay = REJOIN_DELAYS[this.#failures++];
      if (delay === undefined) this.#options.onTrouble('unreachable');
      // The call's own deadlines end what never succeeds.
      this.#retry = setTimeout(() => this.join(), delay ?? LAST_REJOIN_DELAY);
    }
  }

  async #join(): Promise<void> {
    const { signaling, callId } = this.#options;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const loaded = await prepareMedia(signaling);
    this.#leave();
    this.#interrupted = false;
    const rtpCapabilities = ours.rtpCapabilities(loaded.recvRtpCapabilities);
    const sending = (this.#promised = this.#sends());
    this.#joining = true;
    const answer = await signaling
      .request('join', { callId, rtpCapabilities, sending })
      .finally(() => (this.#joining = false));
    if (this.#closed) return;
    const joined: Joined = {
      send: loaded.createSendTransport(theirs.transportOptions(answer.sendTransport, answer.iceServers)),
      recv: loaded.createRecvTransport(theirs.transportOptions(answer.recvTransport, answer.iceServers)),
      senders: new Map(),
      incoming: new Map(),
    };
    this.#joined = joined;
    this.#show();
    this.#refreshLater(joined, answer.iceServers);
    for (const transport of [joined.send, joined.recv]) this.#tend(joined, transport);
    await Promise.all([
      this.#sync('microphone'),
      this.#sync('camera'),
      this.#consume(joined, answer.consumers),
    ]);
    this.#failures = 0;
    this.#mistakes = 0;
  }

  #leave(): void {
    const joined = this.#joined;
    if (joined) this.#last = this.#tracks();
    clearTimeout(this.#forget);
    this.#joined = null;
    clearTimeout(this.#refresh);
    joined?.send.close();
    joined?.recv.close();
  }

  #tend(joined: Joined, transport: types.Transport): void {
    const { signaling, callId } = this.#options;
    const transportId = transport.id;
    transport.on('connect', ({ dtlsParameters }, done) => {
      const data = { callId, transportId, dtlsParameters: ours.dtlsParameters(dtlsParameters) };
      void this.#guard(signaling.request('connectTransport', data), joined);
      // Not waiting saves a round trip: a refusal is repaired by joining again.
      done();
    });
    transport.on('connectionstatechange', (state) => {
      if (state === 'disconnected') {
        signaling.probe();
        void this.#guard(this.#restartIce(joined, transport), joined);
      }
      // The addresses that the server had when this was made lead nowhere; it may have others by now.
      if (state === 'failed' && this.#joined === joined) this.join();
    });
    if (transport !== joined.send) return;
    transport.on('produce', ({ rtpParameters, appData }, done) => {
      const { source, sent } = appData as { source: MediaSource; sent: Deferred<string> };
      const data = { callId, source, rtpParameters: ours.rtpParameters(rtpParameters), paused: false };
      signaling.request('produce', data).then(({ producerId }) => sent.resolve(producerId), sent.reject);
      done({ id: uuid() });
    });
  }

  /** A restart of ICE late in the call needs credentials that are good then. */
  #refreshLater(joined: Joined, iceServers: IceServers | null): void {
    if (!iceServers) return;
    const half = (iceServers.lifetime / 2) * 1_000;
    this.#refresh = setTimeout(() => void this.#refreshNow(joined, iceServers), half);
  }

  /** What fails here costs the call nothing now; a way that is lost later is joined afresh, with new ones. */
  async #refreshNow(joined: Joined, before: IceServers): Promise<void> {
    const { signaling, callId } = this.#options;
    let iceServers: IceServers | null = before;
    try {
      ({ iceServers } = await signaling.request('getIceServers', { callId }));
      if (this.#joined !== joined) return;
      const servers = iceServers?.servers ?? [];
      for (const transport of [joined.send, joined.recv]) {
        await transport.updateIceServers({ iceServers: servers });
      }
    } catch (error) {
      reportMistake(error);
      // No connection right now; or Firefox, which takes no others for a connection that is made.
    }
    if (this.#joined === joined) this.#refreshLater(joined, iceServers);
  }

  async #restartIce(joined: Joined, transport: types.Transport): Promise<void> {
    if (this.#joined !== joined) return;
    const { signaling, callId } = this.#options;
    const { iceParameters } = await signaling.request('restartIce', { callId, transportId: transport.id });
    if (this.#joined !== joined) return;
    await transport.restartIce({ iceParameters: theirs.iceParameters(iceParameters) });
    // Only a join brings the addresses that the server has now; the browser's own verdict takes 15 s.
    setTimeout(() => {
      if (this.#joined === joined && transport.connectionState !== 'connected') this.join();
    }, RESTARTED_WITHIN);
  }

  /** Makes what is sent as `source` what is wanted. */
  async #sync(source: MediaSource): Promise<void> {
    const joined = this.#joined;
    if (!joined) return;
    const wanted = this.#wanted.get(source);
    // It may have ended since it was wished for: its device is gone, and the next one is wished for soon.
    const track = wanted?.readyState === 'live' ? wanted : null;
    const sender = joined.senders.get(source);
    if (!sender) {
      if (track) await this.#produce(joined, source, track);
      return;
    }
    if (sender.producer.track !== track) await sender.producer.replaceTrack({ track });
    const paused = track === null;
    if (sender.paused === paused) return;
    sender.paused = paused;
    const { signaling, callId } = this.#options;
    await signaling.request('pauseProducer', { callId, producerId: await sender.serverId, paused });
  }

  async #produce(joined: Joined, source: MediaSource, track: MediaStreamTrack): Promise<void> {
    const sent = deferred<string>();
    const producer = await joined.send.produce({
      track,
      ...PRODUCER_OPTIONS[source],
      stopTracks: false,
      disableTrackOnPause: false,
      appData: { source, sent },
    });
    joined.senders.set(source, { producer, serverId: sent.promise, paused: false });
    await sent.promise;
  }

  async #consume(joined: Joined, list: readonly ConsumerOptions[]): Promise<void> {
    if (list.length === 0) return;
    const { signaling, callId } = this.#options;
    const made = await Promise.all(
      list.map(async ({ id, producerId, kind, source, participantId, producerPaused, rtpParameters }) => {
        const incoming: Incoming = { source, paused: producerPaused, consumer: null };
        joined.incoming.set(id, incoming);
        const consumer = await joined.recv.consume({
          id,
          producerId,
          kind,
          rtpParameters: theirs.rtpParameters(rtpParameters),
          // One stream a participant lets the browser keep lips and voice together.
          streamId: participantId,
        });
        incoming.consumer = consumer;
        // The other took it back meanwhile.
        if (joined.incoming.get(id) !== incoming) consumer.close();
        return consumer;
      }),
    );
    if (this.#joined !== joined) return;
    this.#show();
    const consumerIds = made.filter(({ closed }) => !closed).map(({ id }) => id);
    if (consumerIds.length > 0) await signaling.request('resumeConsumers', { callId, consumerIds });
  }

  /** Shows what there is of the other. */
  #show(): void {
    if (this.#closed) return;
    this.#options.onRemote(this.#tracks());
  }

  /** Of two tracks of one source, the later. */
  #tracks(): RemoteTrack[] {
    const tracks = new Map(this.#last.map((track) => [track.source, track]));
    for (const [consumerId, { source, paused, consumer }] of this.#joined?.incoming ?? []) {
      if (!consumer) continue;
      const { track, rtpReceiver: receiver } = consumer;
      tracks.set(source, { consumerId, source, track, receiver, paused });
    }
    return [...tracks.values()];
  }
}
