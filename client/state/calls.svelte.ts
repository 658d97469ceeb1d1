import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Call, CallKind, EndReason } from '#protocol/call';
import { MISSED } from '#protocol/rules';
import { idsOf } from '../lib/collections.ts';
import { uuid } from '../lib/ids.ts';
import { mark } from '../lib/marks.ts';
import { canCall, prepareMedia } from '../lib/media-device.ts';
import { ConnectionLost, RequestError, type Signaling } from '../lib/signaling.ts';
import { ActiveCall, type ActiveCallOptions, ownLeg, type Peer } from './active-call.svelte.ts';
import { Rings } from './rings.svelte.ts';
import { reportMistake } from '../lib/mistakes.ts';

/** A ring that ends so was over another call, or came from someone whom one has blocked: there is nothing to say of it. */
const UNTOLD: readonly EndReason[] = ['busy', 'unavailable'];

/** What became of a ring that this tab did not answer. */
export type RingOutcome = 'answered_elsewhere' | 'missed';

/** A call that asks for an answer in this tab. */
export interface Ring {
  call: Call;
  /** Loud; learnt of too late for that; or over another call. */
  manner: 'loud' | 'late' | 'waiting';
}

export interface CallsOptions {
  signaling: Signaling;
  selfId: string;
  tab: string;
  /** The conversation that a call to this account belongs to. */
  conversationWith(peer: Peer): Promise<string>;
  /** This browser cannot take part in calls. */
  onUnsupported(): void;
  onRingOver(outcome: RingOutcome, caller: Peer): void;
  /** A call has ended, here or anywhere. */
  onEnded(call: Call): void;
  /** The time by the server's clock. */
  now(): number;
  /** How long a call goes on without a connection, in milliseconds. */
  goesOnFor(): number;
}

/** All calls of this account: the one in this tab, the one that rings, and one on another device. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #live = new SvelteMap<string, Call>();
  #here = $state.raw<ActiveCall | null>(null);
  /** Calls that were declined or hung up in this tab; the server may not know yet. */
  readonly #done = new SvelteSet<string>();
  /** Those of them that this tab left for want of a connection. */
  readonly #givenUp = new SvelteSet<string>();
  /** The last version of calls that have ended, so that late answers do not wake them. */
  readonly #ended = new SvelteMap<string, number>();
  readonly #rings = new Rings();
  /** Which rings the server was told of on this connection. */
  readonly #alerted = new SvelteSet<string>();

  constructor(options: CallsOptions) {
    this.#options = options;
    options.signaling.on({ call: ({ call }) => this.#received(call) });
  }

  /** The call in this tab; it stays, as ended, until it is dismissed. */
  get here(): ActiveCall | null {
    return this.#here;
  }

  /** Whether this tab is in a call, or makes one. */
  get busyHere(): boolean {
    return this.#current !== null;
  }

  /**
   * The calls that ring here, loud ones first. While a call is on, others ring over it, in the tab of that call alone;
   * one of the same person is no other call: both of us called at once, and the server makes one of it.
   */
  get rings(): Ring[] {
    const here = this.#current;
    if (!here && this.elsewhere) return [];
    const rings: Ring[] = [];
    for (const call of this.#live.values()) {
      const manner = this.#rings.mannerOf(call);
      if (!this.#isRinging(call) || this.#done.has(call.id) || !manner || manner === 'ignored') continue;
      if (!here) rings.push({ call, manner });
      else if (this.peerOf(call).id !== here.peer.id) rings.push({ call, manner: 'waiting' });
    }
    return rings.sort((a, b) => Number(b.manner === 'loud') - Number(a.manner === 'loud'));
  }

  /** The one that is asked about; the others stand beside it. */
  get ring(): Ring | null {
    return this.rings[0] ?? null;
  }

  /** A call that another tab or device of this account is in. */
  get elsewhere(): Call | null {
    for (const call of this.#live.values()) {
      if (call.boundTo !== null && call.boundTo !== this.#options.tab) return call;
    }
    return null;
  }

  peerOf(call: Call): Peer {
    const leg = call.legs.find(({ accountId }) => accountId !== this.#options.selfId);
    return { id: leg?.accountId ?? '', username: leg?.username ?? '' };
  }

  /** The calls that live, from a snapshot. What is not among them is over. */
  fill(calls: readonly Call[]): void {
    const live = idsOf(calls);
    for (const call of [...this.#live.values()]) if (!live.has(call.id)) void this.#learnEnd(call);
    const here = this.#here;
    // What was told on the last connection may have been lost with it.
    this.#alerted.clear();
    for (const call of calls) this.#received(call);
    this.#alert();
    for (const id of this.#done) if (live.has(id)) void this.#tellDone(id);
    if (here && here === this.#here) here.reconnected();
  }

  /** The connection is lost. */
  disconnected(): void {
    this.#here?.disconnected();
  }

  call(peer: Peer, kind: CallKind): void {
    if (this.#current || !this.#able()) return;
    mark('call-click');
    const { signaling, conversationWith } = this.#options;
    const begin = async (callId: string) => {
      const conversationId = await conversationWith(peer);
      // Hung up meanwhile: nobody is to be rung.
      if (this.#done.has(callId)) throw new RequestError('call_moved_on', 'It was over before it began.');
      return signaling.request('invite', { callId, conversationId, kind });
    };
    const here = this.#make({ peer, kind, id: uuid(), outgoing: true, begin });
    here.start(kind === 'video');
  }

  /** Answers a call that rings here. One that is on is ended for it. */
  answer(call: Call, withCamera: boolean): void {
    if (!this.#asks(call) || !this.#able()) return;
    mark('answer');
    const { signaling } = this.#options;
    const before = this.#current;
    if (before) this.hangUp();
    const begin = async (callId: string) => {
      // The server takes the answer only of those who are in no call.
      if (before) await this.#tellDone(before.id);
      return signaling.request('accept', { callId });
    };
    const here = this.#make({
      peer: this.peerOf(call),
      kind: call.kind,
      id: call.id,
      outgoing: false,
      begin,
    });
    here.start(withCamera);
  }

  decline(call: Call): void {
    if (!this.#asks(call)) return;
    this.#done.add(call.id);
    void this.#tellDone(call.id);
  }

  /** Silences a call that rings on this device; nobody is told. */
  ignore(call: Call): void {
    this.#rings.ignore(call);
  }

  /** Cancels the call while it rings, or ends it. */
  hangUp(): void {
    const here = this.#current;
    if (!here) return;
    this.#done.add(here.id);
    // The server hears of the end before it sees the media go.
    void this.#tellDone(here.id);
    here.end(here.answeredAt === null ? 'cancelled' : 'hung_up');
  }

  again(): void {
    const here = this.#here;
    if (here?.phase === 'ended') this.call(here.peer, here.kind);
  }

  dismiss(): void {
    if (this.#here?.phase === 'ended') this.#here = null;
  }

  /** Lets go of every device; the call itself is left to the server. */
  close(): void {
    this.#here?.close();
    this.#here = null;
    this.#rings.close();
  }

  /** The call in this tab, until it ends. */
  get #current(): ActiveCall | null {
    return this.#here?.phase === 'ended' ? null : this.#here;
  }

  /** A call as the server tells it; an older version is ignored. */
  #received(call: Call): void {
    const known = this.#live.get(call.id)?.version ?? this.#ended.get(call.id) ?? 0;
    if (call.version <= known) return;
    const before = this.#live.get(call.id);
    this.#keep(call);
    if (this.#isRinging(call)) this.#rings.learn(call, this.#options.now());
    if (this.#here?.id === call.id) this.#here.update(call);
    else if (call.state !== 'ended' && call.boundTo === this.#options.tab) this.#takeUp(call);
    else if (before && this.#isRinging(before) && !this.#isRinging(call)) this.#ringOver(call);
    // A call that was blocked while it rang, or taken back at once, leaves nothing to be found.
    const blocked = before && this.#isRinging(before) && call.reason === 'unavailable';
    if (call.state === 'ended' && !blocked && call.reason !== 'taken_back') this.#options.onEnded(call);
    this.#alert();
  }

  #able(): boolean {
    const able = canCall();
    if (!able) this.#options.onUnsupported();
    return able;
  }

  #isRinging(call: Call): boolean {
    return call.state !== 'ended' && ownLeg(call, this.#options.selfId)?.state === 'ringing';
  }

  #asks({ id }: Call): boolean {
    return this.rings.some(({ call }) => call.id === id);
  }

  #keep(call: Call): void {
    if (call.state === 'ended') {
      this.#live.delete(call.id);
      this.#ended.set(call.id, call.version);
    } else {
      this.#live.set(call.id, call);
    }
  }

  #make(call: Pick<ActiveCallOptions, 'peer' | 'kind' | 'id' | 'outgoing' | 'begin'>): ActiveCall {
    const { signaling, selfId, tab, goesOnFor } = this.#options;
    this.#here?.close();
    const here: ActiveCall = new ActiveCall({
      signaling,
      selfId,
      tab,
      goesOnFor,
      ...call,
      onAnswer: (answered) => {
        // Both called each other while this one was hung up: the call that there is must not open here.
        const unwanted = here.phase === 'ended' && answered.state !== 'ended' && this.#isOurs(answered);
        if (unwanted) this.#done.add(answered.id);
        this.#received(answered);
        // A notice may have brought this very version before the answer did.
        here.update(this.#live.get(answered.id) ?? answered);
        if (unwanted) void this.#tellDone(answered.id);
      },
      onGivenUp: () => {
        // Where the server still has it, the next snapshot has it hung up.
        this.#givenUp.add(here.id);
        this.#done.add(here.id);
        here.end('connection_lost');
      },
      onUnable: (why) => {
        this.#done.add(here.id);
        void this.#tellDone(here.id);
        here.end(why);
      },
    });
    if (!signaling.open) here.disconnected();
    this.#here = here;
    return here;
  }

  /** Not one that another tab or device of this account is in. */
  #isOurs({ boundTo }: Call): boolean {
    return boundTo === null || boundTo === this.#options.tab;
  }

  /** After a reload, the call that is still bound to this tab. */
  #takeUp(call: Call): void {
    if (this.#done.has(call.id) || this.#current) return;
    const outgoing = ownLeg(call, this.#options.selfId)?.role === 'caller';
    const here = this.#make({ peer: this.peerOf(call), kind: call.kind, id: call.id, outgoing, begin: null });
    here.resume();
    here.update(call);
  }

  /** The server is told of what rings here, and tells the caller. */
  #alert(): void {
    const { signaling } = this.#options;
    for (const { call } of this.rings) {
      if (this.#alerted.has(call.id)) continue;
      this.#alerted.add(call.id);
      signaling.request('alert', { callId: call.id }).catch(reportMistake);
      // Answering asks again, and tells.
      prepareMedia(signaling).catch(reportMistake);
    }
  }

  #ringOver(call: Call): void {
    // In a tab beside the one of a call it did not ring.
    if (this.#done.has(call.id) || (this.elsewhere && this.elsewhere.id !== call.id)) return;
    const caller = this.peerOf(call);
    if (call.answeredAt !== null) this.#options.onRingOver('answered_elsewhere', caller);
    else if (call.reason && MISSED.includes(call.reason) && !UNTOLD.includes(call.reason))
      this.#options.onRingOver('missed', caller);
  }

  /** A call that a snapshot does not know any more ended while this tab had no connection: only the server knows how. */
  async #learnEnd(call: Call): Promise<void> {
    try {
      const answer = await this.#options.signaling.request('getCall', { callId: call.id });
      this.#received(answer.call);
    } catch (error) {
      // The next snapshot asks again.
      if (error instanceof ConnectionLost) return;
      reportMistake(error);
      this.#live.delete(call.id);
      if (this.#here?.id === call.id) this.#here.end('connection_lost');
    }
  }

  /** Declines a ring, or ends a call; resolves when the server knows of it, or cannot be told. */
  async #tellDone(callId: string): Promise<void> {
    const known = this.#live.get(callId);
    // An answer that may not have got through was no refusal: what still rings is not ended by this, and rings on.
    const declines = known && this.#isRinging(known) && !this.#givenUp.has(callId);
    try {
      const { call } = await this.#options.signaling.request(declines ? 'decline' : 'endCall', { callId });
      if (this.#givenUp.delete(callId) && this.#isRinging(call)) this.#done.delete(callId);
      this.#received(call);
      this.#alert();
    } catch (error) {
      reportMistake(error);
      // Without a connection the next snapshot brings it up again; a refusal means that it is over.
    }
  }
}
