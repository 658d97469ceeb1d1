import type { CallKind, EndReason } from '#protocol/call';
import { isAnswered } from '#protocol/rules';
import type { CallEvent, Deadlines, Effect, Invitation, Outcome, Rejected } from './call-events.ts';
import {
  countHidden,
  isEngaged,
  legAt,
  legOf,
  participantStateOf,
  type Call,
  type Leg,
  type Seat,
} from './call.ts';

/**
 * The call's state machine, pure: time and ids come in as arguments, and what is to be done comes out as
 * data. The rules are in `README.md` beside this; every event in every state stands in its test.
 */

/** Each device beyond these would cost the caller two consumers more. */
const WARM_AT_MOST = 2;

/** A new call, which rings; or one that is over at once, where nobody is free to take it. */
export function createCall(invitation: Invitation, now: number, deadlines: Deadlines): Call {
  const { id, conversationId, kind, caller, callees } = invitation;
  const waiting: Leg = {
    ...caller,
    role: 'caller',
    state: 'waiting',
    socket: true,
    media: false,
    inAnotherCall: false,
    hidden: false,
    deadline: null,
  };
  const legs = new Map([[caller.participantId, waiting]]);
  for (const { accountId, participantId, decision } of callees) {
    // To a caller who is blocked it looks as if nobody were there: the call waits for its deadline.
    const rings = decision === 'ring' || decision === 'wait' || decision === 'hidden';
    legs.set(participantId, {
      participantId,
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
  const decisions = callees.map(({ decision }) => decision);
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
  const leg = legFor(call, event);
  if (leg === undefined || (leg.hidden && !REVEALING.includes(event.type)))
    return { rejected: 'not_a_member' };

  switch (event.type) {
    case 'alert':
      return alert(call, leg, now, deadlines);
    case 'accept':
      return accept(call, leg, event.seat, call.kind, now, deadlines);
    case 'warm':
      return warm(call, leg, event);
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
      return mediaIs(true, call, leg, now, deadlines);
    case 'mediaDown':
      return mediaIs(false, call, leg, now, deadlines);
  }
}

/** The leg that an event concerns. A tab's connection concerns the leg on it, whichever its account is engaged with. */
function legFor(call: Call, event: Exclude<CallEvent, { type: 'tick' | 'restart' }>): Leg | undefined {
  switch (event.type) {
    case 'mediaUp':
    case 'mediaDown':
      return call.legs.get(event.participantId);
    case 'drop':
    case 'resume':
      return legAt(call, event.accountId, event.tab) ?? legOf(call, event.accountId);
    default:
      return legOf(call, event.accountId);
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
  const ringing = [...call.legs.values()].filter(
    (one) => one.accountId === leg.accountId && one.state === 'ringing',
  );
  // What this tab has prepared goes on; otherwise the invitation takes the seat.
  const answering = ringing.find((one) => one.seat?.tab === seat.tab) ?? leg;
  const answered: Leg = {
    ...answering,
    state: 'connecting',
    seat,
    socket: true,
    inAnotherCall: false,
    hidden: false,
    deadline,
  };
  let next = withLeg(call, weigh(answered, now, deadlines));
  const effects: Effect[] =
    participantStateOf(answering) === 'warm'
      ? [{ type: 'openMedia', participantId: answering.participantId }]
      : [];
  for (const other of ringing) {
    if (other === answering) continue;
    next = withLeg(next, gone(other));
    if (other.seat !== null) effects.push({ type: 'closeMedia', participantId: other.participantId });
  }
  for (const caller of call.legs.values()) {
    if (caller.state !== 'waiting') continue;
    // A caller whose socket is gone just now was answered all the same, and has the time to come back.
    next = withLeg(next, weigh({ ...caller, state: 'connecting', deadline }, now, deadlines));
  }
  // Where both called each other: video only where both asked for it.
  const both = kind === 'video' && call.kind === 'video' ? 'video' : 'voice';
  return changed({ ...next, kind: both, answeredAt: call.answeredAt ?? now }, effects);
}

/** Media may be prepared before the answer by a few tabs of the callee. */
function warm(
  call: Call,
  invitation: Leg,
  { participantId, seat }: { participantId: string; seat: Seat },
): Outcome {
  if (participantStateOf(invitation) !== 'invited' || call.legs.has(participantId)) return wrongState;
  const { accountId } = invitation;
  const prepared = [...call.legs.values()].filter(
    (leg) => leg.accountId === accountId && participantStateOf(leg) === 'warm',
  );
  if (prepared.length >= WARM_AT_MOST || prepared.some((leg) => leg.seat?.tab === seat.tab))
    return wrongState;
  return changed(withLeg(call, { ...invitation, participantId, seat, socket: true, deadline: null }));
}

/** The tab of a prepared participant is gone, and the invitation goes on without it. */
function cool(call: Call, leg: Leg): Outcome {
  return changed(withLeg(call, gone(leg)), [{ type: 'closeMedia', participantId: leg.participantId }]);
}

const gone = (leg: Leg): Leg => ({ ...leg, state: 'left', socket: false, media: false, deadline: null });

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
  if (participantStateOf(leg) === 'warm') return cool(call, leg);
  const away: Leg = { ...leg, socket: false };
  return leg.state === 'waiting'
    ? changed(withLeg(call, { ...away, deadline: now + deadlines.callerGrace }))
    : changed(withLeg(call, weigh(away, now, deadlines)));
}

/** Media that connects or is lost before the answer counts once there is one. */
function mediaIs(up: boolean, call: Call, leg: Leg, now: number, deadlines: Deadlines): Outcome {
  const state = participantStateOf(leg);
  if (leg.media === up || state === 'invited' || state === 'left') return wrongState;
  const next: Leg = { ...leg, media: up };
  return changed(withLeg(call, isAnswered(leg) ? weigh(next, now, deadlines) : next));
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
    if (participantStateOf(leg) === 'warm') next = withLeg(next, gone(leg));
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
        return ended(call, 'caller_lost', leg.accountId, now);
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
  const { accountId } = leg;
  let next = withLeg(call, { ...leg, hidden: true });
  const effects: Effect[] = [{ type: 'withdraw', accountId }];
  for (const prepared of call.legs.values()) {
    if (prepared.accountId !== accountId || participantStateOf(prepared) !== 'warm') continue;
    next = withLeg(next, gone(prepared));
    effects.push({ type: 'closeMedia', participantId: prepared.participantId });
  }
  return { call: { ...next, version: call.version + 1 }, effects };
}

const wrongState: Rejected = { rejected: 'wrong_state' };

function changed(call: Call, effects: Effect[] = []): Outcome {
  return { call: { ...call, version: call.version + 1 }, effects: [...effects, { type: 'announce' }] };
}

/** With two people, one who leaves ends the call for both; with more, only the last two would. */
function ended(call: Call, reason: EndReason, by: string | null, now: number): Outcome {
  return { call: endCall(call, reason, by, now), effects: [{ type: 'closeRoom' }, { type: 'announce' }] };
}

function endCall(call: Call, reason: EndReason, by: string | null, now: number): Call {
  const legs = new Map([...call.legs].map(([participantId, leg]) => [participantId, gone(leg)]));
  return { ...call, version: call.version + 1, end: { at: now, reason, by }, legs };
}

function withLeg(call: Call, leg: Leg): Call {
  return { ...call, legs: new Map(call.legs).set(leg.participantId, leg) };
}
