import type { Call, EndReason } from '#protocol/call';
import type { CallEntry } from '#protocol/chat';
import { MISSED } from '#protocol/rules';

/** What became of a call, as one of the two sees it. */
export type Outcome =
  | 'talked'
  | 'missed'
  | 'cancelled'
  | 'declined'
  | 'busy'
  | 'unavailable'
  | 'no_answer'
  | 'unreachable'
  | 'failed';

export function outcomeOf(reason: EndReason, outgoing: boolean): Outcome {
  if (!outgoing && MISSED.includes(reason)) return 'missed';
  switch (reason) {
    case 'hung_up':
    case 'connection_lost':
      return 'talked';
    case 'media_failed':
    case 'caller_lost':
      return 'failed';
    case 'taken_back':
      return 'cancelled';
    default:
      return reason;
  }
}

/** Whose side of a call failed, where media or connection did. */
export type Fault = 'own' | 'other' | 'both';

export function faultOf({ endedBy }: Pick<Call, 'endedBy'>, selfId: string): Fault {
  if (endedBy === null) return 'both';
  return endedBy === selfId ? 'own' : 'other';
}

/** How long two people talked, in milliseconds; null where they did not. */
export function talkedFor({ reason, answeredAt, endedAt }: Pick<Call, 'reason' | 'answeredAt' | 'endedAt'>) {
  if (reason === null || answeredAt === null || endedAt === null) return null;
  return outcomeOf(reason, true) === 'talked' ? endedAt - answeredAt : null;
}

/** A call that has ended, as the list of calls shows it. */
export interface CallRow extends CallEntry {
  peer: { id: string; username: string };
  outgoing: boolean;
}

/** The row of a call; null while it lives. */
export function callRow(call: Call, selfId: string): CallRow | null {
  const { id, kind, reason, createdAt, answeredAt, endedAt } = call;
  const own = call.legs.find(({ accountId }) => accountId === selfId);
  const other = call.legs.find(({ accountId }) => accountId !== selfId);
  if (reason === null || endedAt === null || !own || !other) return null;
  return {
    id,
    kind,
    reason,
    startedAt: createdAt,
    answeredAt,
    endedAt,
    peer: { id: other.accountId, username: other.username },
    outgoing: own.role === 'caller',
  };
}

/** The latest row of each person: its buttons may bear the plain names that stand once on a screen. */
export function latestOfEach(rows: readonly CallRow[]): ReadonlySet<string> {
  const latest = new Map<string, string>();
  for (const { id, peer } of rows) if (!latest.has(peer.id)) latest.set(peer.id, id);
  return new Set(latest.values());
}
