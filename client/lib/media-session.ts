import pLimit from 'p-limit';
import type { ConsumerOptions, MediaSource } from '#protocol/media';
import { JoinedRoom, type TrackOwner } from './joined-room.ts';
import { BrowserUnsupported, prepareMedia } from './media-device.ts';
import {
  IDLE,
  type MediaAction,
  type MediaEvent,
  type MediaFailure,
  type MediaState,
  type MediaTrouble,
  step,
} from './media-state.ts';
import { ours } from './media-types.ts';
import { isMistake, reportMistake } from './mistakes.ts';
import { ConnectionLost, RequestError, type Signaling } from './signaling.ts';

export interface MediaSessionOptions {
  signaling: Signaling;
  /** The call's id as it is now: it may change while nothing has been joined. */
  callId(): string;
  /** Whose tracks a participant's are. */
  ownerOf(participantId: string): TrackOwner;
  /**
   * Joining has failed several times, or cannot succeed; null: it has succeeded after all. After `unreachable` it is tried
   * again until the call's own deadlines end it; the others do not pass by waiting.
   */
  onTrouble(trouble: MediaTrouble | null): void;
}

/**
 * This tab's media in one call: our tracks to the server, the others' from it. Wishes (`setTrack`) and joins run one
 * after the other. What happens when is decided by the states in `media-state.ts`; this does it.
 */
export class MediaSession {
  readonly #options: MediaSessionOptions;
  readonly #wanted = new Map<MediaSource, MediaStreamTrack | null>();
  readonly #unsubscribe: () => void;
  #state: MediaState = IDLE;
  /** What the last join gave; it stands while another one is tried. */
  #room: JoinedRoom | null = null;
  readonly #inTurn = pLimit(1);
  /** Whether the devices are still being opened. */
  #opening = true;
  /** Until the next try. */
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: MediaSessionOptions) {
    this.#options = options;
    const isHere = ({ callId }: { callId: string }) => callId === options.callId();
    this.#unsubscribe = options.signaling.on({
      consumerAdded: (data) => isHere(data) && this.#receive(data.consumer),
      consumerRemoved: (data) => isHere(data) && this.#room?.remove(data.consumerId),
      consumerPaused: (data) => isHere(data) && this.#room?.setPaused(data.consumerId, data.paused),
      mediaLost: (data) => isHere(data) && this.#apply({ type: 'lost' }),
    });
  }

  /** Joins, or joins afresh. */
  join(): void {
    this.#apply({ type: 'join' });
  }

  /** Sends this track as this source; null: sends nothing. The track stays its owner's. */
  setTrack(source: MediaSource, track: MediaStreamTrack | null): void {
    this.#wanted.set(source, track);
    this.#takeTurn(async () => {
      const room = this.#room;
      if (room) await this.#guard(this.#sync(room, source), room);
    });
  }

  /** The devices have answered. Who promised tracks and has none joins again, only to listen. */
  devicesSettled(): void {
    this.#opening = false;
    if (!this.#sends()) this.#apply({ type: 'nothingToSend' });
  }

  /**
   * A new connection. Media outlives the socket, and the server tells of all tracks again; only what was
   * under way when the old connection dropped is not known to have happened.
   */
  reconnected(): void {
    this.#apply({ type: 'reconnected' });
  }

  /** Lets go of transports and the others' tracks; our own tracks are their owner's to stop. */
  close(): void {
    if (this.#state.name === 'closed') return;
    this.#apply({ type: 'close' });
    this.#unsubscribe();
    this.#leave();
  }

  #apply(event: MediaEvent): void {
    const { state, actions } = step(this.#state, event);
    this.#state = state;
    if (state.name !== 'retrying' || state.until !== 'time') clearTimeout(this.#retry);
    for (const action of actions) this.#do(action);
  }

  #do(action: MediaAction): void {
    switch (action.type) {
      case 'join':
        this.#takeTurn(() => this.#guard(this.#join()));
        break;
      case 'wait':
        this.#retry = setTimeout(() => this.#apply({ type: 'due' }), action.delay);
        break;
      case 'tell':
        this.#options.onTrouble(action.trouble);
    }
  }

  #takeTurn(work: () => Promise<void>): void {
    void this.#inTurn(() => (this.#state.name === 'closed' ? undefined : work()));
  }

  #sends(): boolean {
    return this.#opening || [...this.#wanted.values()].some((track) => track !== null);
  }

  /** @param of The join that the work belongs to: what fails of one that was replaced repairs nothing. */
  async #guard(work: Promise<unknown>, of?: JoinedRoom): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!of || of === this.#room) this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (this.#state.name === 'closed') return;
    reportMistake(error);
    this.#apply({ type: 'failed', why: failureOf(error) });
  }

  async #join(): Promise<void> {
    const { signaling, ownerOf } = this.#options;
    const callId = this.#options.callId();
    this.#apply({ type: 'begun' });
    // What there is of media may still work, and is kept until the server can be asked.
    if (!signaling.open) throw new ConnectionLost();
    this.#leave();
    const device = await prepareMedia(signaling);
    const sending = this.#sends();
    this.#apply({ type: 'asked', sending });
    const rtpCapabilities = ours.rtpCapabilities(device.recvRtpCapabilities);
    const joined = await signaling.request('join', { callId, rtpCapabilities, sending });
    if (this.#state.name === 'closed') return;
    this.#apply({ type: 'answered' });
    const room: JoinedRoom = new JoinedRoom({
      signaling,
      callId,
      device,
      joined,
      ownerOf,
      onFailure: (error) => room === this.#room && this.#failed(error),
      onDead: () => room === this.#room && this.join(),
    });
    this.#room = room;
    await Promise.all([
      this.#sync(room, 'microphone'),
      this.#sync(room, 'camera'),
      room.receive(joined.consumers),
    ]);
    this.#apply({ type: 'done' });
  }

  #leave(): void {
    const room = this.#room;
    this.#room = null;
    room?.close();
  }

  #receive(consumer: ConsumerOptions): void {
    const room = this.#room;
    if (room) void this.#guard(room.receive([consumer]), room);
  }

  #sync(room: JoinedRoom, source: MediaSource): Promise<void> {
    const wanted = this.#wanted.get(source);
    // It may have ended since it was wished for: its device is gone, and the next one is wished for soon.
    return room.sync(source, wanted?.readyState === 'live' ? wanted : null);
  }
}

function failureOf(error: unknown): MediaFailure {
  if (error instanceof ConnectionLost) return 'disconnected';
  if (error instanceof RequestError && error.code === 'call_moved_on') return 'moved_on';
  if (error instanceof BrowserUnsupported) return 'unsupported';
  return isMistake(error) ? 'mistake' : 'other';
}
