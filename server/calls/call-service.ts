import type { Call as CallView, CallKind } from '#protocol/call';
import type { Person } from '#protocol/people';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Notifier } from '../notifier.ts';
import {
  apply,
  createCall,
  isAnswered,
  isRejected,
  nextDeadline,
  stateOf,
  type Call,
  type CallEvent,
  type Deadlines,
  type Effect,
  type Seat,
} from './call.ts';
import { presentCall } from './call-view.ts';
import { LiveCalls } from './live-calls.ts';
import type { CallRepository, Clock, Rooms } from './ports.ts';

interface Collaborators {
  calls: CallRepository;
  rooms: Rooms;
  conversations: { members(id: string, accountId: string): Promise<string[]> };
  people: { get(accountId: string): Person; setInCall(accountId: string, inCall: boolean): void };
  notifier: Notifier;
  clock: Clock;
  deadlines: Deadlines;
  logger: Logger;
}

interface InviteRequest {
  callId: string;
  conversationId: string;
  kind: CallKind;
}

/**
 * The only writer of calls. Events of one call are taken one after the other; each becomes a conditional
 * update, and once that is committed the timer is set and the effects are carried out, in order.
 */
export class CallService {
  readonly #with: Collaborators;
  readonly #live = new LiveCalls();
  readonly #timers = new Map<string, { cancel(): void }>();
  /** The last event taken of each call: the next one waits for it. */
  readonly #queues = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
  }

  /**
   * Takes up again what was live when the server stopped: the timers run on with the time that is left,
   * and every tab has to come back.
   */
  async restore(): Promise<void> {
    for (const call of await this.#with.calls.listLive()) {
      this.#live.put(call);
      this.#arm(call);
      for (const leg of call.legs.values()) {
        const { accountId, seat } = leg;
        if (isAnswered(leg)) this.#with.people.setInCall(accountId, true);
        if (seat) await this.#dispatch(call.id, { type: 'drop', accountId, tab: seat.tab });
      }
    }
  }

  /** Stops all timers; calls stay as they are in the database, for the next start. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** The account's calls that have not ended. */
  liveOf(accountId: string): CallView[] {
    return this.#live.of(accountId).map((call) => this.#present(call, accountId));
  }

  /**
   * Rings everyone else in the conversation. Sent again it is the same call; where the other is calling
   * already it answers that call.
   *
   * @throws {AppError} `already_in_call` when the caller is in another call, `not_found` for a conversation
   *   that the caller is no member of.
   */
  async invite(callerId: string, seat: Seat, request: InviteRequest): Promise<CallView> {
    const { callId, conversationId, kind } = request;
    const { calls, clock, deadlines, conversations } = this.#with;
    const members = await conversations.members(conversationId, callerId);
    const calleeIds = members.filter((accountId) => accountId !== callerId);
    // Who is calling in this very conversation is not busy but wants to be answered.
    const isBusy = (accountId: string) =>
      (this.#live.engagedIn(accountId)?.conversationId ?? conversationId) !== conversationId;
    const busyIds = new Set(calleeIds.filter(isBusy));
    const invitation = { id: callId, conversationId, kind, callerId, seat, calleeIds, busyIds };
    const call = createCall(invitation, clock.now(), deadlines);

    const added = await calls.add(call);
    switch (added) {
      case 'added':
        this.#committed(undefined, call, call.end ? [] : [{ type: 'announce' }]);
        return this.#present(call, callerId);
      case 'same_id':
        return this.#view(callId, callerId);
      case 'account_in_call':
        throw alreadyInCall();
      case 'conversation_in_call': {
        const other = await calls.findLive(conversationId);
        // It ended between the two statements: the way is free.
        if (other === undefined) return this.invite(callerId, seat, request);
        return this.accept(callerId, other.id, seat);
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
    return this.#request(accountId, callId, { type: 'accept', accountId, seat });
  }

  /** @throws {AppError} `not_found`. */
  async decline(accountId: string, callId: string): Promise<CallView> {
    return this.#request(accountId, callId, { type: 'decline', accountId });
  }

  /** Cancels before the answer and ends after it. @throws {AppError} `not_found`. */
  async hangUp(accountId: string, callId: string): Promise<CallView> {
    return this.#request(accountId, callId, { type: 'hangUp', accountId });
  }

  /** A tab has (again) a connection. */
  connected(accountId: string, tab: string): void {
    const { rooms, notifier } = this.#with;
    for (const call of this.#live.of(accountId)) {
      const leg = call.legs.get(accountId);
      if (leg?.seat?.tab !== tab) continue;
      const mediaUp = () => rooms.isUp(call.id, accountId);
      this.#background(call.id, () => ({ type: 'resume', accountId, tab, mediaUp: mediaUp() }));
      // After a restart of the server the room is gone while the tab believes that it is in it.
      if (!rooms.refresh(call.id, accountId) && isAnswered(leg)) {
        notifier.toTab(accountId, tab, 'mediaLost', { callId: call.id });
      }
    }
  }

  /** A tab has lost its connection. */
  disconnected(accountId: string, tab: string): void {
    for (const call of this.#live.of(accountId)) {
      this.#background(call.id, () => ({ type: 'drop', accountId, tab }));
    }
  }

  /** An account's media came up. */
  mediaUp(callId: string, accountId: string): void {
    this.#background(callId, () => ({ type: 'mediaUp', accountId }));
  }

  /** An account's media was lost on the way. */
  mediaDown(callId: string, accountId: string): void {
    this.#background(callId, () => ({ type: 'mediaDown', accountId }));
  }

  /** The call's room is gone with its worker: everyone has to join anew. */
  roomLost(callId: string): void {
    for (const { accountId, seat } of this.#live.get(callId)?.legs.values() ?? []) {
      this.mediaDown(callId, accountId);
      if (seat) this.#with.notifier.toTab(accountId, seat.tab, 'mediaLost', { callId });
    }
  }

  /**
   * Makes sure that the account has answered (or started) this call on this tab, which alone may send and
   * receive its media.
   *
   * @throws {AppError} `not_found`, `call_moved_on` or `forbidden`.
   */
  assertSeat(accountId: string, callId: string, tab: string): void {
    const call = this.#live.get(callId);
    const leg = call?.legs.get(accountId);
    if (leg === undefined) throw noSuchCall();
    if (leg.seat?.tab !== tab) throw new AppError('forbidden', 'This call is on another device.');
    if (!isAnswered(leg)) throw new AppError('call_moved_on', 'Nobody has answered this call yet.');
  }

  /** An event that a member asked for; the answer tells how the call stands after it. */
  async #request(accountId: string, callId: string, event: CallEvent): Promise<CallView> {
    await this.#dispatch(callId, event);
    return this.#view(callId, accountId);
  }

  /** An event that nobody waits for. It is made when its turn comes, from what is true then. */
  #background(callId: string, event: () => CallEvent): void {
    this.#serialise(callId, () => this.#take(callId, event())).catch((error: unknown) => {
      this.#with.logger.error({ callId, err: error }, 'a call event failed');
    });
  }

  #dispatch(callId: string, event: CallEvent): Promise<void> {
    return this.#serialise(callId, () => this.#take(callId, event));
  }

  async #serialise(callId: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#queues.get(callId) ?? Promise.resolve()).then(work);
    // A failed event belongs to who asked for it; the next one goes on.
    const settled = turn.catch(() => undefined);
    this.#queues.set(callId, settled);
    try {
      await turn;
    } finally {
      if (this.#queues.get(callId) === settled) this.#queues.delete(callId);
    }
  }

  async #take(callId: string, event: CallEvent): Promise<void> {
    if (this.#closed) return;
    const { calls, clock, deadlines } = this.#with;
    const before = this.#live.get(callId);
    if (before === undefined) return;
    const outcome = apply(before, event, clock.now(), deadlines);
    if (isRejected(outcome)) {
      // A timer may fire a millisecond early by the wall clock.
      if (event.type === 'tick') this.#arm(before);
      return;
    }
    switch (await calls.save(outcome.call)) {
      case 'saved':
        this.#committed(before, outcome.call, outcome.effects);
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

  #committed(before: Call | undefined, call: Call, effects: Effect[]): void {
    const { logger, people, rooms } = this.#with;
    this.#live.put(call);
    this.#arm(call);
    const state = stateOf(call);
    if (!before || stateOf(before) !== state) {
      logger.info({ callId: call.id, state, reason: call.end?.reason }, 'call');
    }
    for (const effect of effects) {
      switch (effect.type) {
        case 'announce':
          this.#announce(call);
          break;
        case 'closeRoom':
          rooms.close(call.id);
          break;
      }
    }
    for (const leg of call.legs.values()) {
      const wasIn = before?.legs.get(leg.accountId);
      if (wasIn && isAnswered(wasIn) !== isAnswered(leg)) people.setInCall(leg.accountId, isAnswered(leg));
    }
  }

  #announce(call: Call): void {
    for (const accountId of call.legs.keys()) {
      this.#with.notifier.toAccount(accountId, 'call', { call: this.#present(call, accountId) });
    }
  }

  #arm(call: Call): void {
    this.#timers.get(call.id)?.cancel();
    this.#timers.delete(call.id);
    const deadline = nextDeadline(call);
    if (deadline === null || this.#closed) return;
    const { clock } = this.#with;
    const wait = Math.max(0, deadline - clock.now());
    this.#timers.set(
      call.id,
      clock.after(wait, () => this.#background(call.id, () => ({ type: 'tick' }))),
    );
  }

  async #view(callId: string, accountId: string): Promise<CallView> {
    const call = this.#live.get(callId) ?? (await this.#with.calls.find(callId));
    if (!call?.legs.has(accountId)) throw noSuchCall();
    return this.#present(call, accountId);
  }

  #present(call: Call, accountId: string): CallView {
    return presentCall(call, accountId, (id) => this.#with.people.get(id).username);
  }
}

const noSuchCall = () => new AppError('not_found', 'There is no such call.');
const alreadyInCall = () => new AppError('already_in_call', 'You are in another call. End it first.');
