import type { Call as CallView, CallKind, CallState, EndReason, LegState } from '#protocol/call';
import { isAnswered, MISSED } from '#protocol/rules';

/** The tab, the device it runs on, and the sign-in it has, that a leg is bound to. */
export interface Seat {
  readonly device: string;
  readonly tab: string;
  readonly session: string;
}

/**
 * One participant's part in a call. A participant is the identity in a call: one account (later also a guest) on one seat
 * at a time, with an id that the server mints. An account that is invited has a participant without a seat, which takes the seat that
 * answers. An account may have several participants, and at most one of them is engaged.
 */
export interface Leg {
  readonly participantId: string;
  readonly accountId: string;
  readonly role: 'caller' | 'callee';
  readonly state: LegState;
  /** Where the call was started or answered, or is being prepared; null for an invitation that no seat has taken. */
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
  /** By participant id. */
  readonly legs: ReadonlyMap<string, Leg>;
}

/**
 * A participant's state, which follows from the leg: invited on no seat yet; warm, with media prepared before the answer;
 * joined on its seat; or gone.
 */
export type ParticipantState = 'invited' | 'warm' | 'joined' | 'left';

export function participantStateOf({ state, seat }: Leg): ParticipantState {
  if (state === 'ringing') return seat === null ? 'invited' : 'warm';
  return state === 'left' ? 'left' : 'joined';
}

/** A leg that keeps its account from being in another call. */
export const isEngaged = (leg: Leg): boolean => leg.state !== 'ringing' && leg.state !== 'left';

/** A call that its callee was not there for, and wants to know of. */
export const isMissedBy = (call: Call, leg: Leg): boolean =>
  leg.role === 'callee' && !leg.hidden && call.end !== null && MISSED.includes(call.end.reason);

/**
 * What the account is in the call: its leg that is engaged, else its invitation, else the last it had. Undefined for an
 * account that is no member.
 */
export function legOf(call: Call, accountId: string): Leg | undefined {
  const own = [...call.legs.values()].filter((leg) => leg.accountId === accountId);
  return own.find(isEngaged) ?? own.find((leg) => participantStateOf(leg) === 'invited') ?? own.at(-1);
}

/** What each account is in the call, see `legOf`. */
export function memberLegs(call: Call): Leg[] {
  const accounts = new Set([...call.legs.values()].map(({ accountId }) => accountId));
  return [...accounts].flatMap((accountId) => legOf(call, accountId) ?? []);
}

/** The account's leg on this tab, unless it has left. */
export function legAt(call: Call, accountId: string, tab: string): Leg | undefined {
  return [...call.legs.values()].find(
    (leg) => leg.accountId === accountId && leg.seat?.tab === tab && leg.state !== 'left',
  );
}

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
  return legOf(call, accountId)?.hidden ? call.version : call.version - countHidden(call.legs);
}

/** The next time at which something ends by itself; null for never. */
export function nextDeadline(call: Call): number | null {
  if (call.end) return null;
  const deadlines = [...call.legs.values()]
    .map((leg) => leg.deadline)
    .filter((deadline) => deadline !== null);
  return deadlines.length === 0 ? null : Math.min(...deadlines);
}

export const countHidden = (legs: ReadonlyMap<string, Leg>): number =>
  [...legs.values()].filter(({ hidden }) => hidden).length;

/** A call as one of its members sees it: of the others' tabs and devices it tells nothing. */
export function presentCall(
  call: Call,
  accountId: string,
  usernameOf: (accountId: string) => string,
): CallView {
  return {
    id: call.id,
    conversationId: call.conversationId,
    kind: call.kind,
    state: stateOf(call),
    version: versionFor(call, accountId),
    createdAt: call.createdAt,
    answeredAt: call.answeredAt,
    endedAt: call.end?.at ?? null,
    reason: call.end?.reason ?? null,
    endedBy: call.end?.by ?? null,
    legs: memberLegs(call).map((leg) => ({
      participantId: leg.participantId,
      accountId: leg.accountId,
      username: usernameOf(leg.accountId),
      role: leg.role,
      state: leg.state,
      inAnotherCall: leg.inAnotherCall,
    })),
    boundTo: legOf(call, accountId)?.seat?.tab ?? null,
  };
}
