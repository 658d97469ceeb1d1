import { z } from 'zod';
import { id, pageEnd, time } from './common.ts';

export const callKind = z.enum(['voice', 'video']);
export type CallKind = z.infer<typeof callKind>;

export const callState = z.enum(['calling', 'ringing', 'connecting', 'active', 'reconnecting', 'ended']);
export type CallState = z.infer<typeof callState>;

/** Why a call ended. */
export const endReason = z.enum([
  /** Someone pressed "End call" after it had been answered. */
  'hung_up',
  /** The caller gave up before an answer. */
  'cancelled',
  /** The caller's connection was away for too long before anyone answered. */
  'caller_lost',
  /** The caller gave up at once: a mistake, which leaves nothing in lists, counts or the conversation. */
  'taken_back',
  'declined',
  /** The callee is in another call, and wants no second one. */
  'busy',
  /** The callee's devices stay silent for this caller now; why is nobody's business. */
  'unavailable',
  /** It rang, and nobody answered in time. */
  'no_answer',
  /** No device of the callee ever said that it rings. */
  'unreachable',
  /** Answered, but no media came up in time. */
  'media_failed',
  /** Media or socket were lost and did not come back in time. */
  'connection_lost',
]);
export type EndReason = z.infer<typeof endReason>;

export const legState = z.enum([
  /** The caller, waiting for an answer. */
  'waiting',
  /** A callee who has not answered. */
  'ringing',
  /** Answered; media is coming up. */
  'connecting',
  'active',
  'reconnecting',
  'left',
]);
export type LegState = z.infer<typeof legState>;

/** What one account is in a call. */
export const leg = z.strictObject({
  /** The account's identity in this call, by which its media is known. */
  participantId: id,
  accountId: id,
  username: z.string(),
  role: z.enum(['caller', 'callee']),
  state: legState,
  /** A callee who is in another call while this one rings: it rings there, as call waiting. */
  inAnotherCall: z.boolean(),
});
export type Leg = z.infer<typeof leg>;

/** A call as one of its members sees it; every change is sent whole, and `version` orders them. */
export const call = z.strictObject({
  id,
  conversationId: id,
  kind: callKind,
  state: callState,
  version: z.int().positive(),
  createdAt: time,
  answeredAt: time.nullable(),
  endedAt: time.nullable(),
  reason: endReason.nullable(),
  /**
   * Who ended it; for `media_failed` and `connection_lost`, on whose side the fault was. Null where time ended it,
   * or both sides failed.
   */
  endedBy: id.nullable(),
  legs: z.array(leg),
  /** The tab that one's own leg is bound to: the call is here where it is this tab's id, else elsewhere. */
  boundTo: id.nullable(),
});
export type Call = z.infer<typeof call>;

/** The client makes the call's id, so that sending the invitation again is harmless. */
export const invite = z.strictObject({ callId: id, conversationId: id, kind: callKind });
export const namesCall = z.strictObject({ callId: id });
export const callAnswer = z.strictObject({ call });
export type CallAnswer = z.infer<typeof callAnswer>;

/** One's calls that have ended, the latest first. */
export const listCalls = z.strictObject({
  missed: z.boolean(),
  /** `createdAt` and id of the last call of the page before. */
  before: pageEnd.optional(),
});
export type ListCalls = z.infer<typeof listCalls>;
export const callsPage = z.strictObject({ calls: z.array(call), more: z.boolean() });
export type CallsPage = z.infer<typeof callsPage>;

/** How many calls one has missed, and has seen neither in the list of calls nor in the conversation. */
export const missedCalls = z.strictObject({ count: z.int().nonnegative() });
export type MissedCalls = z.infer<typeof missedCalls>;
