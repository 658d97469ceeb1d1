import type { CallKind } from '#protocol/call';
import { RECONNECT_WITHIN, RINGING_MAX } from '#protocol/limits';
import type { Call, Seat } from './call.ts';
import type { RingDecision } from './ring-policy.ts';

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

export type CallEvent =
  /** A device of a callee says that it rings. */
  | { type: 'alert'; accountId: string }
  | { type: 'accept'; accountId: string; seat: Seat }
  /** A tab for which the call rings prepares its media before the answer, as this new participant. */
  | { type: 'warm'; accountId: string; participantId: string; seat: Seat }
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
  /** The participant's media came up, or was lost. */
  | { type: 'mediaUp'; participantId: string }
  | { type: 'mediaDown'; participantId: string }
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
  /** The call is answered by a participant who was warm: its media may flow. */
  | { type: 'openMedia'; participantId: string }
  /** Close the media of a participant who has left a call that goes on. */
  | { type: 'closeMedia'; participantId: string }
  /** Close the room and all media in it. */
  | { type: 'closeRoom' };

export type Outcome = { call: Call; effects: Effect[] } | Rejected;

/** The event does not fit: nothing changes, and the one who asked is told how the call stands. */
export interface Rejected {
  rejected: 'ended' | 'not_a_member' | 'wrong_state';
}

export const isRejected = (outcome: Outcome): outcome is Rejected => 'rejected' in outcome;

export interface Invitation {
  id: string;
  conversationId: string;
  kind: CallKind;
  caller: { accountId: string; participantId: string; seat: Seat };
  callees: readonly { accountId: string; participantId: string; decision: RingDecision }[];
}
