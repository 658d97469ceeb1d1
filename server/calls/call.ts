import { MISSED, type CallKind, type CallState, type EndReason, type LegState } from '#protocol/call';
import { RECONNECT_WITHIN, RINGING_MAX } from '#protocol/limits';
import type { RingDecision } from './ring-policy.ts';

/**
 * The call's state machine, pure: time and ids come in as arguments, and what is to be done comes out as
 * data. The rules are in `README.md` beside this; every event in every state stands in its test.
 */

/** How long each state may last, in milliseconds. */
export interface Deadlines {
  /** From the invitation: a call that its caller cancels so soon was started by mistake. */
  mistake: number;
  /** From the invitation to its end, when nobody answers. */
  invitation: number;
  /** From the first device that says that it rings. */
  ringing: number;
  /** A caller whose socket dropped may come back. */
  callerGrace: number;
  /** From the answer to media. */
  connecting: number;
  /** From the loss of media or socket. */
  reconnecting: number;
}

export const DEADLINES: Deadlines = {
  mistake: 1_500,
  invitation: RINGING_MAX,
  ringing: 60_000,
  callerGrace: 10_000,
  connecting: 15_000,
  reconnecting: RECONNECT_WITHIN,
};

/** The tab, the device it runs on, and the sign-in it has, that a leg is bound to. */
export interface Seat {
  readonly device: string;
  readonly tab: string;
  readonly session: string;
}

/** One account's part in a call. */
export interface Leg {
  readonly accountId: string;
  readonly role: 'caller' | 'callee';
  readonly state: LegState;
  /** Where the call was started or answered; null while it rings. */
  readonly seat: Seat | null;
  /** Whether the seat's socket is open, and its media connected. An answered leg is active while both are. */
  readonly socket: boolean;
  readonly media: boolean;
  /** Is in another call while this one rings: call waiting. */
  readonly inAnotherCall: boolean;
  /** This account learns nothing of the call, or no more of it: it has blocked the caller. */
  readonly hidden: boolean;
  /** When the leg's state ends by itself. */
  readonly deadline: number | null;
}

export interface Call {
  readonly id: string;
  readonly conversationId: string;
  readonly kind: CallKind;
  /** Counts the changes; the repository changes a row only from the version that was read. */
  readonly version: number;
  readonly createdAt: number;
  /** When the first device said that it rings. */
  readonly alertedAt: number | null;
  readonly answeredAt: number | null;
  /** `by`: who ended it, or whose media or connection failed; null where that was nobody, or more than one. */
  readonly end: { readonly at: number; readonly reason: EndReason; readonly by: string | null } | null;
  readonly legs: ReadonlyMap<string, Leg>;
}

export type CallEvent =
  /** A device of a callee says that it rings. */
  | { type: 'alert'; accountId: string }
  | { type: 'accept'; accountId: string; seat: Seat }
  /**
   * Someone calls who has a part in this call already: the callee answers it so; who crashed takes their leg
   * up again on the new tab, and nobody rings a second time.
   */
  | { type: 'callAgain'; accountId: string; seat: Seat; kind: CallKind }
  | { type: 'decline'; accountId: string }
  /** The callee's account is closed meanwhile: like a decline, but the caller is not told so. */
  | { type: 'refuse'; accountId: string }
  /** The callee has blocked the caller meanwhile: their devices stop, and the call goes on for the caller alone. */
  | { type: 'block'; accountId: string }
  /** A callee has come into another call, or is free of it; `callWaiting`: whether this one may ring beside it. */
  | { type: 'otherCall'; accountId: string; inAnotherCall: boolean; callWaiting: boolean }
  /** "Cancel call" before the answer, "End call" after it. */
  | { type: 'hangUp'; accountId: string }
  /** The socket of the leg's tab is gone, or back. */
  | { type: 'drop'; accountId: string; tab: string }
  | { type: 'resume'; accountId: string; tab: string }
  /** The leg's media came up, or was lost. */
  | { type: 'mediaUp'; accountId: string }
  | { type: 'mediaDown'; accountId: string }
  /** The server has started anew: every tab has to come back, and to join again. */
  | { type: 'restart' }
  /** Time has passed: whatever deadline is over takes effect. */
  | { type: 'tick' };

/** What is left to do once a change is committed. */
export type Effect =
  /** Tell every member from whom it is not hidden how the call stands. */
  | { type: 'announce' }
  /** Tell this one alone, from whom the call is hidden from now on, that it is over. */
  | { type: 'withdraw'; accountId: string }
  /** Close the room and all media in it. */
  | { type: 'closeRoom' };

export type Outcome = { call: Call; effects: Effect[] } | Rejected;

/** The event does not fit: nothing changes, and the one who asked is told how the call stands. */
export interface Rejected {
  rejected: 'ended' | 'not_a_member' | 'wrong_state';
}

export const isRejected = (outcome: Outcome): outcome is Rejected => 'rejected' in outcome;

/** A leg that keeps its account from being in another call. */
export const isEngaged = (leg: Leg): boolean => leg.state !== 'ringing' && leg.state !== 'left';

/** A leg that is in the conversation, or on its way back to it. */
export const isAnswered = (leg: Leg): boolean =>
  leg.state === 'connecting' || leg.state === 'active' || leg.state === 'reconnecting';

/** A call that its callee was not there for, and wants to know of. */
export const isMissedBy = (call: Call, leg: Leg): boolean =>
  leg.role === 'callee' && !leg.hidden && call.end !== null && MISSED.includes(call.end.reason);

/** The call's state, which is nowhere kept: it follows from the legs. */
export function stateOf(call: Call): CallState {
  if (call.end) return 'ended';
  const answered = [...call.legs.values()].filter(isAnswered);
  if (answered.length === 0) return call.alertedAt === null ? 'calling' : 'ringing';
  if (answered.some((leg) => leg.state === 'reconnecting')) return 'reconnecting';
  return answered.every((leg) => leg.state === 'active') ? 'active' : 'connecting';
}

/**
 * The version as an account sees it. Hiding a call from someone is a change like any, but the others must not be able to
 * count it: for them it is left out.
 */
export function versionFor(call: Call, accountId: string): number {
  return call.legs.get(accountId)?.hidden ? call.version : call.version - countHidden(call.legs);
}

/** The next time at which something ends by itself; null for never. */
export function nextDeadline(call: Call): number | null {
  if (call.end) return null;
  const deadlines = [...call.legs.values()]
    .map((leg) => leg.deadline)
    .filter((deadline) => deadline !== null);
  return deadlines.length === 0 ? null : Math.min(...deadlines);
}

export interface Invitation {
  id: string;
  conversationId: string;
  kind: CallKind;
  callerId: string;
  seat: Seat;
  callees: ReadonlyMap<string, RingDecision>;
}

/** A new call, which rings; or one that is over at once, where nobody is free to take it. */
export function createCall(invitation: Invitation, now: number, deadlines: Deadlines): Call {
  const { id, conversationId, kind, callerId, seat, callees } = invitation;
  const common = { media: false, inAnotherCall: false, hidden: false };
  const legs = new Map<string, Leg>([
    [
      callerId,
      {
        accountId: callerId,
        role: 'caller',
        state: 'waiting',
        seat,
        socket: true,
        deadline: null,
        ...common,
      },
    ],
  ]);
  for (const [accountId, decision] of callees) {
    // To a caller who is blocked it looks as if nobody were there: the call waits for its deadline.
    const rings = decision === 'ring' || decision === 'wait' || decision === 'hidden';
    legs.set(accountId, {
      accountId,
      role: 'callee',
      state: rings ? 'ringing' : 'left',
      seat: null,
      socket: false,
      media: false,
      inAnotherCall: decision === 'wait',
      hidden: decision === 'hidden' || decision === 'hidden_unavailable',
      deadline: rings ? now + deadlines.invitation : null,
    });
  }
  const call: Call = {
    id,
    conversationId,
    kind,
    version: 1 + countHidden(legs),
    createdAt: now,
    alertedAt: null,
    answeredAt: null,
    end: null,
    legs,
  };
  const decisions = [...callees.values()];
  if ([...legs.values()].some(({ state }) => state === 'ringing')) return call;
  const reason = decisions.includes('busy') ? 'busy' : 'unavailable';
  return { ...endCall(call, reason, null, now), version: call.version };
}

/**
 * The only events of an account that change a call which is hidden from it: the account is closed, or it has unblocked
 * the caller and now calls them.
 */
const REVEALING: readonly CallEvent['type'][] = ['refuse', 'callAgain'];

/** The call as it looks to someone from whom it is hidden from now on: it is over. */
export const withdrawn = (call: Call, now: number): Call =>
  call.end ? call : { ...endCall(call, 'unavailable', null, now), version: call.version };

/** Applies an event. The version goes up by one with every change. */
export function apply(call: Call, event: CallEvent, now: number, deadlines: Deadlines): Outcome {
  if (call.end) return { rejected: 'ended' };
  if (event.type === 'tick') return tick(call, now);
  if (event.type === 'restart') return restarted(call, now, deadlines);
  const leg = call.legs.get(event.accountId);
  if (leg === undefined || (leg.hidden && !REVEALING.includes(event.type)))
    return { rejected: 'not_a_member' };

  switch (event.type) {
    case 'alert':
      return alert(call, leg, now, deadlines);
    case 'accept':
      return accept(call, leg, event.seat, call.kind, now, deadlines);
    case 'callAgain':
      return leg.state === 'ringing'
        ? accept(call, leg, event.seat, event.kind, now, deadlines)
        : takeUp(call, leg, event.seat, now, deadlines);
    case 'decline':
      return leg.state === 'ringing' ? ended(call, 'declined', leg.accountId, now) : wrongState;
    case 'refuse':
      return leg.state === 'ringing' ? ended(call, 'unavailable', null, now) : wrongState;
    case 'block':
      return leg.state === 'ringing' ? hiddenFrom(call, leg) : wrongState;
    case 'otherCall':
      return besideAnother(call, leg, event, now);
    case 'hangUp':
      return hangUp(call, leg, now, deadlines);
    case 'drop':
      return drop(call, leg, event.tab, now, deadlines);
    case 'resume':
      return resume(call, leg, event.tab, now, deadlines);
    case 'mediaUp':
      return isAnswered(leg) && !leg.media
        ? changed(withLeg(call, weigh({ ...leg, media: true }, now, deadlines)))
        : wrongState;
    case 'mediaDown':
      return isAnswered(leg) && leg.media
        ? changed(withLeg(call, weigh({ ...leg, media: false }, now, deadlines)))
        : wrongState;
  }
}

function alert(call: Call, leg: Leg, now: number, deadlines: Deadlines): Outcome {
  if (leg.state !== 'ringing' || call.alertedAt !== null) return wrongState;
  const deadline = Math.min(leg.deadline ?? Infinity, now + deadlines.ringing);
  return changed({ ...withLeg(call, { ...leg, deadline }), alertedAt: now });
}

function accept(
  call: Call,
  leg: Leg,
  seat: Seat,
  kind: CallKind,
  now: number,
  deadlines: Deadlines,
): Outcome {
  if (leg.state !== 'ringing') return wrongState;
  const deadline = now + deadlines.connecting;
  let next = withLeg(call, {
    ...leg,
    state: 'connecting',
    seat,
    socket: true,
    inAnotherCall: false,
    hidden: false,
    deadline,
  });
  for (const caller of call.legs.values()) {
    if (caller.state !== 'waiting') continue;
    const answered: Leg = { ...caller, state: 'connecting', deadline };
    // A caller whose socket is gone just now was answered all the same, and has the time to come back.
    next = withLeg(next, caller.socket ? answered : weigh(answered, now, deadlines));
  }
  // Where both called each other: video only where both asked for it.
  const both = kind === 'video' && call.kind === 'video' ? 'video' : 'voice';
  return changed({ ...next, kind: both, answeredAt: call.answeredAt ?? now });
}

/** As an invitation finds it: beside another call it waits, or is over where the callee wants none to. */
function besideAnother(
  call: Call,
  leg: Leg,
  { inAnotherCall, callWaiting }: { inAnotherCall: boolean; callWaiting: boolean },
  now: number,
): Outcome {
  if (leg.state !== 'ringing' || leg.inAnotherCall === inAnotherCall) return wrongState;
  if (inAnotherCall && !callWaiting) return ended(call, 'busy', null, now);
  return changed(withLeg(call, { ...leg, inAnotherCall }));
}

function hangUp(call: Call, leg: Leg, now: number, { mistake }: Deadlines): Outcome {
  if (leg.state === 'waiting') {
    return ended(call, now - call.createdAt < mistake ? 'taken_back' : 'cancelled', leg.accountId, now);
  }
  if (isAnswered(leg)) return ended(call, 'hung_up', leg.accountId, now);
  return wrongState;
}

function drop(call: Call, leg: Leg, tab: string, now: number, deadlines: Deadlines): Outcome {
  if (leg.seat?.tab !== tab || !leg.socket) return wrongState;
  const gone: Leg = { ...leg, socket: false };
  return leg.state === 'waiting'
    ? changed(withLeg(call, { ...gone, deadline: now + deadlines.callerGrace }))
    : changed(withLeg(call, weigh(gone, now, deadlines)));
}

/** A leg whose tab is gone goes on at another one of the same account. */
function takeUp(call: Call, leg: Leg, seat: Seat, now: number, deadlines: Deadlines): Outcome {
  if (leg.socket || leg.state === 'left') return wrongState;
  const there: Leg = { ...leg, seat, socket: true, media: false };
  return leg.state === 'waiting'
    ? changed(withLeg(call, { ...there, deadline: null }))
    : changed(withLeg(call, weigh(there, now, deadlines)));
}

/** Where the media outlived the socket nothing else has to happen; else the tab joins the room again. */
function resume(call: Call, leg: Leg, tab: string, now: number, deadlines: Deadlines): Outcome {
  if (leg.seat?.tab !== tab || leg.socket) return wrongState;
  const back: Leg = { ...leg, socket: true };
  return leg.state === 'waiting'
    ? changed(withLeg(call, { ...back, deadline: null }))
    : changed(withLeg(call, weigh(back, now, deadlines)));
}

/**
 * The state of an answered leg after its socket or its media came or went. It is active while it has both. What
 * was active, or has lost its socket, is reconnecting, and has from then on so long to have both again.
 */
function weigh(leg: Leg, now: number, deadlines: Deadlines): Leg {
  if (leg.socket && leg.media) return { ...leg, state: 'active', deadline: null };
  if (leg.state === 'reconnecting' || (leg.state === 'connecting' && leg.socket)) return leg;
  return { ...leg, state: 'reconnecting', deadline: now + deadlines.reconnecting };
}

/**
 * All tabs come back at once, and it was not they who left: everyone has the time of a connection that was lost, whatever
 * was left of another. What rings has its own.
 */
function restarted(call: Call, now: number, deadlines: Deadlines): Outcome {
  const deadline = now + deadlines.reconnecting;
  let next = call;
  for (const leg of call.legs.values()) {
    if (!isEngaged(leg)) continue;
    const state = leg.state === 'waiting' ? 'waiting' : 'reconnecting';
    next = withLeg(next, { ...leg, state, socket: false, media: false, deadline });
  }
  return changed(next);
}

function tick(call: Call, now: number): Outcome {
  for (const leg of call.legs.values()) {
    if (leg.deadline === null || leg.deadline > now) continue;
    switch (leg.state) {
      case 'waiting':
        return ended(call, 'cancelled', leg.accountId, now);
      case 'ringing':
        return ended(call, call.alertedAt === null ? 'unreachable' : 'no_answer', null, now);
      case 'connecting':
        return ended(call, 'media_failed', failing(call), now);
      case 'active':
      case 'reconnecting':
        return ended(call, 'connection_lost', failing(call), now);
      case 'left':
    }
  }
  return wrongState;
}

/** The one member whose side is not up; null where that is true of more. */
function failing(call: Call): string | null {
  const [first, ...more] = [...call.legs.values()].filter((leg) => isAnswered(leg) && leg.state !== 'active');
  return first !== undefined && more.length === 0 ? first.accountId : null;
}

/** The others must not see that anything has happened: see `versionFor`. */
function hiddenFrom(call: Call, leg: Leg): Outcome {
  const next = { ...withLeg(call, { ...leg, hidden: true }), version: call.version + 1 };
  return { call: next, effects: [{ type: 'withdraw', accountId: leg.accountId }] };
}

const countHidden = (legs: ReadonlyMap<string, Leg>): number =>
  [...legs.values()].filter(({ hidden }) => hidden).length;

const wrongState: Rejected = { rejected: 'wrong_state' };

function changed(call: Call): Outcome {
  return { call: { ...call, version: call.version + 1 }, effects: [{ type: 'announce' }] };
}

/** With two people, one who leaves ends the call for both; with more, only the last two would. */
function ended(call: Call, reason: EndReason, by: string | null, now: number): Outcome {
  return { call: endCall(call, reason, by, now), effects: [{ type: 'closeRoom' }, { type: 'announce' }] };
}

function endCall(call: Call, reason: EndReason, by: string | null, now: number): Call {
  const legs = new Map<string, Leg>();
  for (const leg of call.legs.values()) {
    legs.set(leg.accountId, { ...leg, state: 'left', socket: false, media: false, deadline: null });
  }
  return { ...call, version: call.version + 1, end: { at: now, reason, by }, legs };
}

function withLeg(call: Call, leg: Leg): Call {
  return { ...call, legs: new Map(call.legs).set(leg.accountId, leg) };
}
