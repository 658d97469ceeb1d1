import type { PageEnd } from '#protocol/common';
import type {
  ConsumerOptions,
  DtlsParameters,
  IceParameters,
  MediaSource,
  Produced,
  RtpCapabilities,
  RtpParameters,
  TransportOptions,
} from '#protocol/media';
import type { CallSettings } from '#protocol/settings';
import type { StoredMessage } from '../chat/conversation.ts';
import type { Call } from './call.ts';

/** Where calls are kept. Every change is one conditional update, and whoever changes the row wins. */
export interface CallRepository {
  /** Adds a call. */
  add(call: Call): Promise<Stored | Collision>;
  /** Replaces the version before this one; `stale` where another event was faster. */
  save(call: Call): Promise<Stored | 'stale' | Collision>;
  find(id: string): Promise<Call | undefined>;
  /** The call of the conversation that has not ended. */
  findLive(conversationId: string): Promise<Call | undefined>;
  /** Every call that has not ended: what a restart takes up again. */
  listLive(): Promise<Call[]>;
  /** The account's calls that have ended and are not hidden from it, the latest first. */
  listEnded(
    accountId: string,
    which: { missed: boolean; before: PageEnd | undefined },
    limit: number,
  ): Promise<Call[]>;
  /** How many calls the account has missed since it last looked at the list, and not read of in the conversation. */
  countMissed(accountId: string): Promise<number>;
  markSeen(accountId: string, now: number): Promise<void>;
}

/** The change is committed; where it ended the call, so is the call's entry in the conversation. */
export interface Stored {
  entry: StoredMessage | null;
}

/** Where people's wishes about ringing are kept. */
export interface SettingsRepository {
  get(accountId: string): Promise<CallSettings>;
  set(accountId: string, settings: CallSettings): Promise<void>;
  listBlocked(accountId: string): Promise<string[]>;
  /** Every block that there is. */
  listBlocks(): Promise<{ accountId: string; blockedId: string }[]>;
  setBlocked(accountId: string, otherId: string, blocked: boolean): Promise<void>;
  /** What decides whether one person's call rings at another. */
  ringFacts(conversationId: string, callerId: string, calleeId: string, since: number): Promise<RingFacts>;
}

export interface RingFacts {
  settings: CallSettings;
  /** The callee has blocked the caller. */
  blocked: boolean;
  /** The caller has blocked the callee. */
  hasBlocked: boolean;
  /** The callee has written to the caller, and it arrived. */
  contact: boolean;
  /** Calls since then that the callee has neither answered nor followed by a word or a call of theirs. */
  unanswered: number;
}

/**
 * What the database refuses: an id that is there already, a second live call in one conversation, or a
 * second call for an account that is in one.
 */
export type Collision = 'same_id' | 'conversation_in_call' | 'account_in_call';

/** A participant of a room of media. A call's room has the call's id. */
export interface Place {
  readonly roomId: string;
  readonly participantId: string;
}

/** How a participant joins. */
export interface JoinMedia {
  /** What the client can receive; null for one who only sends, and gets no transport to receive. */
  readonly rtpCapabilities: RtpCapabilities | null;
  /** Whether tracks will follow. Where nobody has any, those who only listen are connected all the same. */
  readonly sending: boolean;
  /** Before the answer: transports are made and consumers wait, and nothing is sent until `activate`. */
  readonly warm: boolean;
  /** Bounds what the participant may send, in bit/s; by default what a call needs. */
  readonly maxBitrate?: number;
}

/** What the client needs for its ends. */
export interface JoinedMedia {
  readonly sendTransport: TransportOptions;
  /** Null for one who only sends. */
  readonly recvTransport: TransportOptions | null;
  readonly consumers: ConsumerOptions[];
}

/** How media reaches the server from a client's address. */
export interface MediaPath {
  readonly protocol: 'udp' | 'tcp' | 'relayed';
  /** The server's port. */
  readonly port: number;
  /** The client's address, where it is known. */
  readonly address: string | undefined;
}

/** What happens with media, in the order in which it happens. */
export type MediaEvent =
  /** Every transport that has something to carry is connected. */
  | ({ type: 'up'; paths: MediaPath[] } & Place)
  /** Media was lost on the way, or the participant joins anew. */
  | ({ type: 'down' } & Place)
  | ({ type: 'consumerAdded'; consumer: ConsumerOptions } & Place)
  | ({ type: 'consumerRemoved'; consumerId: string } & Place)
  | ({ type: 'consumerPaused'; consumerId: string; paused: boolean } & Place)
  /** The room is gone with its worker: everyone has to join anew. */
  | { type: 'roomLost'; roomId: string };

/**
 * The rooms of media, which may be on another machine: plain data in and out, and no answer is there at once. Who may do
 * what is not decided here. Every method that names a place rejects with `not_joined` where nobody has joined there.
 */
export interface Media {
  /**
   * Joins, or joins anew: what the participant had in the room before is closed. The room is made for the first.
   *
   * @throws {AppError} `media_lost`, `overloaded`; `call_moved_on` where the participant has joined again meanwhile.
   */
  join(place: Place, join: JoinMedia): Promise<JoinedMedia>;
  /** The call is answered: what a warm participant sends and receives may flow. */
  activate(place: Place): Promise<void>;
  /** Closes what the participant has. Idempotent. */
  leave(place: Place): Promise<void>;
  /** Closes the room and all in it. Idempotent. */
  close(roomId: string): Promise<void>;
  /** @throws {AppError} `not_found`, `invalid` for a second time, `media_refused`. */
  connectTransport(place: Place, transportId: string, dtlsParameters: DtlsParameters): Promise<void>;
  /** @throws {AppError} `not_found`, `media_refused`; `media_moved` where the server has other addresses now. */
  restartIce(place: Place, transportId: string): Promise<IceParameters>;
  /** @throws {AppError} `media_refused` where the codecs do not fit, `invalid` for a second of the same source. */
  produce(place: Place, track: ProduceTrack): Promise<Produced>;
  /** @throws {AppError} `not_found`. */
  pauseProducer(place: Place, producerId: string, paused: boolean): Promise<void>;
  /** Consumers that are gone are left out. */
  resumeConsumers(place: Place, consumerIds: readonly string[]): Promise<void>;
  /** Says again, by events, which consumers there are. False where the participant has no media in the room. */
  refresh(place: Place): Promise<boolean>;
  /** Every event of every room, from now on. */
  onEvent(listener: (event: MediaEvent) => void): void;
}

/** A track to send. */
export interface ProduceTrack {
  readonly source: MediaSource;
  readonly rtpParameters: RtpParameters;
  readonly paused: boolean;
}

/** Which tabs are connected right now. */
export interface Tabs {
  isConnected(accountId: string, tab: string): boolean;
}

/** Time, which tests make pass faster. */
export interface Clock {
  now(): number;
  /** Calls back after some milliseconds, unless cancelled. */
  after(milliseconds: number, callback: () => void): { cancel(): void };
}

/** The clock on the wall. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
};
