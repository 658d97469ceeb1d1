import { SvelteMap } from 'svelte/reactivity';
import type { Call, CallKind, CallState, EndReason, Leg } from '#protocol/call';
import type { ErrorCode } from '#protocol/errors';
import { isAnswered } from '#protocol/rules';
import { type Fault, faultOf } from '../lib/call-outcome.ts';
import { waitsForAnswer } from '../lib/call-status.ts';
import { mark } from '../lib/marks.ts';
import { prepareMedia } from '../lib/media-device.ts';
import { MediaSession } from '../lib/media-session.ts';
import type { MediaTrouble } from '../lib/media-state.ts';
import { reportMistake } from '../lib/mistakes.ts';
import { ConnectionLost, RequestError, type Signaling } from '../lib/signaling.ts';
import { OwnDevices } from './own-devices.svelte.ts';
import { RemoteParticipant } from './remote-participant.svelte.ts';

/** Whom a call is with; presence plays no part in it. */
export interface Peer {
  id: string;
  username: string;
}

/** Why this page cannot take part in calls. */
export type Inability = Exclude<MediaTrouble, 'unreachable'>;

/** How it ended: the server's reason, why it could not begin, or why this page could not go on. */
export type Ending = EndReason | ErrorCode | 'elsewhere' | Inability;

export interface ActiveCallOptions {
  signaling: Signaling;
  selfId: string;
  tab: string;
  peer: Peer;
  kind: CallKind;
  id: string;
  /** Whether this account calls. */
  outgoing: boolean;
  /** A wish that goes to the server again on every connection until it is answered. */
  begin: ((id: string) => Promise<{ call: Call }>) | null;
  onAnswer(call: Call): void;
  /** How long the call goes on without a connection, in milliseconds. */
  goesOnFor(): number;
  /** The connection was away for so long. */
  onGivenUp(): void;
  /** This page cannot take part: the call must end. */
  onUnable(why: Inability): void;
}

export function ownLeg(call: Call, selfId: string): Leg | undefined {
  return call.legs.find(({ accountId }) => accountId === selfId);
}

/** The call that this tab is in: what is seen and heard of it, and its buttons. */
export class ActiveCall {
  readonly peer: Peer;
  readonly own: OwnDevices;
  readonly #options: ActiveCallOptions;
  readonly #media: MediaSession;
  /** The others, by the id that the server gave them in this call. */
  readonly #participants = new SvelteMap<string, RemoteParticipant>();
  #id: string;
  #kind = $state<CallKind>('voice');
  #outgoing = $state(false);
  #call = $state.raw<Call | null>(null);
  #ending = $state<Ending | null>(null);
  #begin: ActiveCallOptions['begin'];
  #joined = false;
  #released = false;
  /** Until a call without a connection is given up. */
  #patience: ReturnType<typeof setTimeout> | undefined;
  #unreachable = $state(false);
  #unable: Inability | null = null;

  constructor(options: ActiveCallOptions) {
    this.#options = options;
    this.peer = options.peer;
    this.#kind = options.kind;
    this.#outgoing = options.outgoing;
    this.#id = options.id;
    this.#begin = options.begin;
    this.#media = new MediaSession({
      signaling: options.signaling,
      callId: () => this.#id,
      ownerOf: (participantId) => this.#participant(participantId),
      onTrouble: (trouble) => this.#troubled(trouble),
    });
    this.own = new OwnDevices({
      callId: () => this.#id,
      onTracks: (microphone, camera) => {
        this.#media.setTrack('microphone', microphone);
        this.#media.setTrack('camera', camera);
      },
    });
  }

  get id(): string {
    return this.#id;
  }

  get kind(): CallKind {
    return this.#kind;
  }

  /** Whether this account began it. Where both called at once, one of them finds out that the other did. */
  get outgoing(): boolean {
    return this.#outgoing;
  }

  get phase(): CallState {
    if (this.#ending) return 'ended';
    if (!this.#call) return this.outgoing ? 'calling' : 'connecting';
    // Until the answer is known to the server, its word is still that it rings.
    return !this.outgoing && waitsForAnswer(this.#call.state) ? 'connecting' : this.#call.state;
  }

  get ending(): Ending | null {
    return this.#ending;
  }

  /** Where media or connection failed: on whose side, as the server saw it; until it can tell, on ours. */
  get fault(): Fault {
    return this.#call?.reason ? faultOf(this.#call, this.#options.selfId) : 'own';
  }

  /** Whether the one who is called is in another call while it rings. */
  get otherInAnotherCall(): boolean {
    return this.#otherLeg?.inAnotherCall === true;
  }

  /** The other one; null until the server has told of them. */
  get remote(): RemoteParticipant | null {
    const leg = this.#otherLeg;
    return (leg && this.#participants.get(leg.participantId)) ?? null;
  }

  /** When it was answered, by the server's clock. */
  get answeredAt(): number | null {
    return this.#call?.answeredAt ?? null;
  }

  get endedAt(): number | null {
    return this.#call?.endedAt ?? null;
  }

  /** Whether the media server could not be reached so far. */
  get unreachable(): boolean {
    return this.#unreachable;
  }

  /** Opens the devices and goes to the server, both at once. */
  start(withCamera: boolean): void {
    this.#start(this.own.open(withCamera));
  }

  /** Takes the call up after a reload, with microphone and camera as they were. */
  resume(): void {
    this.#start(this.own.reopen());
  }

  /** There is no connection: nobody can tell this tab when the server ends the call. */
  disconnected(): void {
    if (this.#released) return;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#options.onGivenUp(), this.#options.goesOnFor());
  }

  /** A new connection: what was asked is asked again. */
  reconnected(): void {
    clearTimeout(this.#patience);
    void this.#goOn();
    if (this.#joined && !this.#ending) this.#media.reconnected();
  }

  /** The call as the server tells it. */
  update(call: Call): void {
    if (call.id !== this.#id || call.version <= (this.#call?.version ?? 0)) return;
    this.#call = call;
    if (call.boundTo !== null) this.#begin = null;
    const leg = ownLeg(call, this.#options.selfId);
    this.#outgoing = leg?.role === 'caller';
    const elsewhere = call.boundTo !== null && call.boundTo !== this.#options.tab;
    if (call.state === 'ended' || elsewhere) {
      this.end(call.reason ?? 'elsewhere');
      return;
    }
    if (call.state === 'ringing') mark('ringing');
    const other = this.#otherLeg;
    if (other) this.#participant(other.participantId);
    for (const participant of this.#participants.values()) {
      if (call.state === 'active') participant.settle();
      if (call.state === 'reconnecting') participant.unsettle();
    }
    this.#become(call.kind);
    if (leg && isAnswered(leg) && !this.#joined && !this.#released) {
      this.#joined = true;
      this.#media.join();
    }
  }

  /** It is over, however it ended: every device is let go at once. */
  end(ending: Ending): void {
    this.close();
    const reason = this.#call?.reason ?? null;
    // A call that this tab gave up for want of a connection is hung up later, which the person did not do.
    const givenUp = this.#ending === 'connection_lost' && reason === 'hung_up';
    // Only this page knows why it could not go on; else the server's word stands before the first of ours.
    this.#ending = givenUp ? 'connection_lost' : (this.#unable ?? reason ?? this.#ending ?? ending);
  }

  close(): void {
    this.#released = true;
    this.#begin = null;
    clearTimeout(this.#patience);
    this.own.close();
    this.#media.close();
    for (const participant of this.#participants.values()) participant.close();
  }

  get #otherLeg(): Leg | undefined {
    return this.#call?.legs.find(({ accountId }) => accountId !== this.#options.selfId);
  }

  #participant(id: string): RemoteParticipant {
    const known = this.#participants.get(id);
    if (known) return known;
    const made = new RemoteParticipant(id);
    this.#participants.set(id, made);
    return made;
  }

  #start(devices: Promise<void>): void {
    void devices.then(() => this.#media.devicesSettled());
    // Joining asks again, and tells.
    prepareMedia(this.#options.signaling).catch(reportMistake);
    void this.#goOn();
  }

  /** Both called each other, and one of them wants no picture. */
  #become(kind: CallKind): void {
    if (kind === this.#kind) return;
    this.#kind = kind;
    if (kind === 'voice') void this.own.setCamera(false);
  }

  /** Asks what was not answered yet: the invitation, or the acceptance. */
  async #goOn(): Promise<void> {
    if (!this.#begin) return;
    try {
      const { call } = await this.#begin(this.#id);
      this.#begin = null;
      // Both called each other: the call that was first goes on.
      if (!this.#ending) this.#id = call.id;
      this.#options.onAnswer(call);
    } catch (error) {
      if (error instanceof ConnectionLost) return;
      reportMistake(error);
      this.end(error instanceof RequestError ? error.code : 'internal');
    }
  }

  #troubled(trouble: MediaTrouble | null): void {
    this.#unreachable = trouble === 'unreachable';
    if (trouble === null || trouble === 'unreachable') return;
    this.#unable ??= trouble;
    this.#options.onUnable(trouble);
  }
}
