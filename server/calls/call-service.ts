import type { CallKind, Call as CallView } from '#protocol/call';
import { isAnswered } from '#protocol/rules';
import { randomUUID } from 'node:crypto';
import type { StoredMessage } from '../chat/conversation.ts';
import { AppError, restartingError } from '../errors.ts';
import type { Publisher } from '../fact-bus.ts';
import type { Logger } from '../logger.ts';
import { isRejected, type CallEvent, type Deadlines, type Effect } from './call-events.ts';
import { apply, createCall } from './call-machine.ts';
import { isEngaged, legAt, legOf, memberLegs, presentCall, stateOf, type Call, type Seat } from './call.ts';
import type { Callees } from './callees.ts';
import { LiveCalls } from './live-calls.ts';
import type { CallRepository, Clock, Place, SettingsRepository, Tabs } from './ports.ts';
import { Serial } from './serial.ts';

interface Collaborators {
  calls: CallRepository;
  callees: Callees;
  settings: Pick<SettingsRepository, 'get'>;
  people: { named(accountId: string): { username: string } };
  tabs: Tabs;
  facts: Publisher;
  clock: Clock;
  deadlines: Deadlines;
  logger: Logger;
}

interface InviteRequest {
  callId: string;
  conversationId: string;
  /** Of the conversation; the caller is one of them. */
  members: readonly string[];
  kind: CallKind;
}

/** When a deadline is tried again that could not be written. */
const RETRY_MS = 1_000;

/** The queue of an account's invitations: one is decided and made before the next. */
const invitationsBy = (accountId: string): string => `invitations ${accountId}`;
const nothing = (): Promise<void> => Promise.resolve();

/**
 * The only writer of calls. Events of one call are taken one after the other; each becomes a conditional
 * update, and once that is committed the timer is set and the effects are carried out, in order.
 */
export class CallService {
  readonly #deps: Collaborators;
  readonly #live: LiveCalls;
  /** Events of one call are taken one after the other. */
  readonly #serial = new Serial();
  #draining = false;
  #closed = false;

  constructor(collaborators: Collaborators) {
    this.#deps = collaborators;
    this.#live = new LiveCalls(collaborators.clock, (callId) => this.#background(callId, { type: 'tick' }));
  }

  /**
   * Takes up again what was live when the server stopped: what rings has the time that is left, and every tab of a call
   * has to come back. A call's timer is set once that is committed, so that none that was answered ends for the time without
   * a server.
   */
  async restore(): Promise<void> {
    const live = await this.#deps.calls.listLive();
    // All of them before the first event: whether an account is in a call decides how its others ring.
    for (const call of live) this.#live.hold(call);
    // Each call's first event, before one makes another for the next.
    await Promise.all(live.map(({ id }) => this.#dispatch(id, { type: 'restart' })));
  }

  /** From now on nobody is invited; what there is goes on. */
  drain(): void {
    this.#draining = true;
  }

  /** Stops all timers; calls stay as they are in the database, for the next start. */
  close(): void {
    this.#closed = true;
    this.#live.close();
  }

  /** Resolves once every event that came so far has been taken. */
  async idle(): Promise<void> {
    await this.#serial.idle();
  }

  /** A call that has not ended, where memory holds it. */
  liveCall(callId: string): Call | undefined {
    return this.#live.get(callId);
  }

  /** Every call that has not ended. */
  live(): Call[] {
    return this.#live.all();
  }

  /** The calls that have not ended and that the account has a part in. */
  liveCallsOf(accountId: string): Call[] {
    return this.#live.of(accountId);
  }

  /** The account's calls that have not ended, as it sees them. */
  liveOf(accountId: string): CallView[] {
    return this.#live
      .of(accountId)
      .filter((call) => legOf(call, accountId)?.hidden === false)
      .map((call) => this.#present(call, accountId));
  }

  /**
   * Rings everyone else in the conversation. Sent again it is the same call; where the other is calling
   * already it answers that call.
   *
   * @throws {AppError} `already_in_call` when the caller is in another call, `person_gone` where the other's account is disabled or deleted, `you_blocked` where
   *   the caller has blocked the other, `restarting` where the server is about to stop.
   */
  invite(callerId: string, seat: Seat, request: InviteRequest): Promise<CallView> {
    return this.#serial.run(invitationsBy(callerId), () => this.#invite(callerId, seat, request));
  }

  async #invite(callerId: string, seat: Seat, request: InviteRequest): Promise<CallView> {
    const { callId, conversationId, members, kind } = request;
    const { calls, callees, clock, deadlines } = this.#deps;
    if (this.#live.get(callId)) return this.#view(callId, callerId);
    if (this.#draining) throw restartingError();
    const caller = { accountId: callerId, participantId: randomUUID(), seat };
    const engagedIn = (calleeId: string) => this.#live.engagedIn(calleeId);
    const invited = await callees.of(conversationId, members, callerId, engagedIn);
    const invitation = { id: callId, conversationId, kind, caller, callees: invited };
    const call = createCall(invitation, clock.now(), deadlines);

    const added = await calls.add(call);
    switch (added) {
      default:
        this.#committed(undefined, call, [{ type: 'announce' }], added.entry);
        this.#dropIfGone(callerId, seat.tab);
        return this.#present(call, callerId);
      case 'same_id':
        return this.#view(callId, callerId);
      case 'account_in_call':
        // A call whose tab crashed keeps nobody from making another.
        if (!(await this.#hangUpDead(callerId))) throw alreadyInCall();
        return this.#invite(callerId, seat, request);
      case 'conversation_in_call': {
        const other = await calls.findLive(conversationId);
        // It ended between the two statements: the way is free.
        if (other === undefined) return this.#invite(callerId, seat, request);
        await this.#dispatch(other.id, { type: 'callAgain', accountId: callerId, seat, kind });
        this.#dropIfGone(callerId, seat.tab);
        return this.#view(other.id, callerId);
      }
    }
  }

  /** @throws {AppError} `not_found`. */
  async alert(accountId: string, callId: string): Promise<void> {
    await this.#request(accountId, callId, { type: 'alert', accountId });
  }

  /**
   * Answers the call on this tab. Too late, or answered elsewhere, it tells how the call stands.
   *
   * @throws {AppError} `not_found`, or `already_in_call` when the account is in another one.
   */
  async accept(accountId: string, callId: string, seat: Seat): Promise<CallView> {
    const view = await this.#request(accountId, callId, { type: 'accept', accountId, seat });
    this.#dropIfGone(accountId, seat.tab);
    return view;
  }

  /** @throws {AppError} `not_found`. */
  async decline(accountId: string, callId: string): Promise<CallView> {
    return this.#request(accountId, callId, { type: 'decline', accountId });
  }

  /** Cancels before the answer and ends after it. @throws {AppError} `not_found`. */
  async hangUp(accountId: string, callId: string): Promise<CallView> {
    return this.#request(accountId, callId, { type: 'hangUp', accountId });
  }

  /** How the call stands, or how it ended. @throws {AppError} `not_found`. */
  get(accountId: string, callId: string): Promise<CallView> {
    return this.#view(callId, accountId);
  }

  /** A tab has (again) a connection. */
  connected(accountId: string, tab: string): void {
    for (const call of this.#live.of(accountId)) {
      if (legAt(call, accountId, tab)) this.#background(call.id, { type: 'resume', accountId, tab });
    }
  }

  /** A tab has lost its connection. */
  disconnected(accountId: string, tab: string): void {
    for (const call of this.#live.of(accountId)) {
      this.#background(call.id, { type: 'drop', accountId, tab });
    }
  }

  /** A session has ended: nobody waits for its tabs, connected or not. */
  sessionEnded(session: string): void {
    for (const call of this.#live.all()) {
      for (const leg of call.legs.values()) {
        const { accountId } = leg;
        if (leg.seat?.session !== session) continue;
        if (isEngaged(leg)) this.#background(call.id, { type: 'hangUp', accountId });
        else this.#background(call.id, { type: 'drop', accountId, tab: leg.seat.tab });
      }
    }
  }

  /** An account is disabled or deleted: what it is called for, or is in, ends. */
  accountGone(accountId: string): void {
    for (const call of this.#live.of(accountId)) {
      const rings = legOf(call, accountId)?.state === 'ringing';
      this.#background(call.id, { type: rings ? 'refuse' : 'hangUp', accountId });
    }
  }

  /**
   * Someone has blocked another. Where the other's call rings, their devices stop, and the caller waits on; any other call
   * of the two is hung up. Resolves once that is done: only then may the blocker go offline for the other, who would
   * otherwise know why.
   */
  async blocked(accountId: string, otherId: string): Promise<void> {
    // An invitation that was decided before the block is a call by then.
    await Promise.all([accountId, otherId].map((id) => this.#serial.run(invitationsBy(id), nothing)));
    const done = this.#live.of(accountId).flatMap((call) => {
      const { id } = call;
      const leg = legOf(call, accountId);
      if (!leg || leg.hidden || !legOf(call, otherId)) return [];
      if (leg.state !== 'ringing') return [this.#dispatch(id, { type: 'hangUp', accountId })];
      // Someone who is away is in no other call.
      const alone = { type: 'otherCall', accountId, inAnotherCall: false, callWaiting: true } as const;
      return [
        ...(leg.inAnotherCall ? [this.#dispatch(id, alone)] : []),
        this.#dispatch(id, { type: 'block', accountId }),
      ];
    });
    await Promise.all(done);
  }

  /**
   * The participant that the account is in this call on this tab, which alone may send and receive its media.
   *
   * @throws {AppError} `not_found`, `call_moved_on` or `forbidden`.
   */
  async seatedAt(accountId: string, callId: string, tab: string): Promise<Place> {
    const call = await this.#find(callId);
    const leg = call && legOf(call, accountId);
    if (call === undefined || call.end || leg === undefined || leg.hidden) throw noSuchCall();
    if (leg.seat?.tab !== tab) throw new AppError('forbidden', 'This call is on another device.');
    if (!isAnswered(leg)) throw new AppError('call_moved_on', 'Nobody has answered this call yet.');
    return { roomId: callId, participantId: leg.participantId };
  }

  /** The participant's media came up. */
  mediaUp({ roomId, participantId }: Place): void {
    this.#background(roomId, { type: 'mediaUp', participantId });
  }

  /** The participant's media was lost on the way. */
  mediaDown({ roomId, participantId }: Place): void {
    this.#background(roomId, { type: 'mediaDown', participantId });
  }

  /** An event that a member asked for; the answer tells how the call stands after it. */
  async #request(accountId: string, callId: string, event: CallEvent): Promise<CallView> {
    await this.#dispatch(callId, event);
    return this.#view(callId, accountId);
  }

  /** An event that nobody waits for. */
  #background(callId: string, event: CallEvent): void {
    this.#logFailure(callId, this.#dispatch(callId, event));
  }

  #logFailure(callId: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#deps.logger.error({ callId, err: error }, 'a call event failed');
    });
  }

  #dispatch(callId: string, event: CallEvent): Promise<void> {
    return this.#serial.run(callId, () => this.#take(callId, event));
  }

  async #take(callId: string, event: CallEvent): Promise<void> {
    if (this.#closed) return;
    const { calls, clock, deadlines } = this.#deps;
    const before = await this.#find(callId);
    if (before === undefined) return;
    const outcome = apply(before, event, clock.now(), deadlines);
    if (isRejected(outcome)) {
      // A timer may fire a millisecond early by the wall clock.
      if (event.type === 'tick') this.#live.schedule(before);
      return;
    }
    const saved = await calls.save(outcome.call).catch((error: unknown) => {
      // A timer fires once: without another try a call whose end could not be written would never end.
      if (event.type === 'tick') this.#live.schedule(before, RETRY_MS);
      throw error;
    });
    switch (saved) {
      default:
        this.#committed(before, outcome.call, outcome.effects, saved.entry);
        return;
      case 'stale': {
        const fresh = await calls.find(callId);
        if (fresh) this.#live.put(fresh);
        return this.#take(callId, event);
      }
      case 'account_in_call':
        throw alreadyInCall();
      case 'same_id':
      case 'conversation_in_call':
        throw new Error('a change of a call collided as only a new one can');
    }
  }

  /**
   * A change of one call may put its members into a call, or free them: the others that ring for them are told. Nobody
   * waits for that: those calls have queues of their own.
   */
  #tellOthers(changed: Call): void {
    for (const { accountId } of memberLegs(changed)) {
      for (const call of this.#live.of(accountId)) {
        const { id } = call;
        const leg = legOf(call, accountId);
        if (leg?.state !== 'ringing' || leg.hidden || leg.inAnotherCall === this.#isEngaged(accountId))
          continue;
        this.#logFailure(
          id,
          this.#serial.run(id, () => this.#takeOtherCall(id, accountId)),
        );
      }
    }
  }

  /** How it is by the time that it is taken: it may have changed again since it was told. */
  async #takeOtherCall(callId: string, accountId: string): Promise<void> {
    if (this.#closed) return;
    const { callWaiting } = await this.#deps.settings.get(accountId);
    const inAnotherCall = this.#isEngaged(accountId);
    await this.#take(callId, { type: 'otherCall', accountId, inAnotherCall, callWaiting });
  }

  #isEngaged(accountId: string): boolean {
    return this.#live.engagedIn(accountId) !== undefined;
  }

  /** The tab's socket may have closed while an event was committed that gave it a call to lose. */
  #dropIfGone(accountId: string, tab: string): void {
    if (!this.#deps.tabs.isConnected(accountId, tab)) this.disconnected(accountId, tab);
  }

  /** Ends the account's call where its tab is gone; false where it is there. */
  async #hangUpDead(accountId: string): Promise<boolean> {
    const call = this.#live.engagedIn(accountId);
    if (!call || legOf(call, accountId)?.socket !== false) return false;
    await this.#dispatch(call.id, { type: 'hangUp', accountId });
    return true;
  }

  #committed(before: Call | undefined, call: Call, effects: Effect[], entry: StoredMessage | null): void {
    const { logger, facts, clock } = this.#deps;
    this.#live.put(call);
    const state = stateOf(call);
    if (!before || stateOf(before) !== state) {
      logger.info({ callId: call.id, state, reason: call.end?.reason }, 'call');
    }
    facts.publish('callChanged', { before, call, effects, at: clock.now() });
    if (call.end) facts.publish('callEnded', { call, entry });
    this.#tellOthers(call);
  }

  async #view(callId: string, accountId: string): Promise<CallView> {
    const call = await this.#find(callId);
    if (!call || legOf(call, accountId)?.hidden !== false) throw noSuchCall();
    return this.#present(call, accountId);
  }

  /** Memory is a cache: a call that it does not hold is read. Only a commit puts calls there. */
  async #find(callId: string): Promise<Call | undefined> {
    return this.#live.get(callId) ?? (await this.#deps.calls.find(callId));
  }

  #present(call: Call, accountId: string): CallView {
    return presentCall(call, accountId, (id) => this.#deps.people.named(id).username);
  }
}

const noSuchCall = () => new AppError('not_found', 'There is no such call.');
const alreadyInCall = () => new AppError('already_in_call', 'You are in another call. End it first.');
