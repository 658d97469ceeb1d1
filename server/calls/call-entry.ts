import type { EndReason } from '#protocol/call';
import { MISSED } from '#protocol/rules';
import type { NewMessage, ReadBy } from '../chat/conversation.ts';
import type { Call } from './call.ts';

/** Calls that leave no entry in their conversation: the callee was "unavailable", or the caller took it back at once. */
const WITHOUT_ENTRY: readonly EndReason[] = ['unavailable', 'taken_back'];

/** Calls that stand in nobody's list of calls. */
export const UNLISTED: readonly EndReason[] = ['taken_back'];

/** What a call leaves in its conversation, and who sees it and has read it from the start. */
interface Entry {
  readonly message: NewMessage;
  /** Of a call that is hidden from its callee only the caller sees the entry. */
  readonly senderOnly: boolean;
  readonly readBy: ReadBy;
}

/**
 * The entry of a call that has ended; null where it leaves none, or has not ended.
 *
 * @param id a new one, never the call's: that one is the caller's to choose, and may be a message's already
 */
export function entryOf(call: Call, id: string): Entry | null {
  const { end, legs, conversationId, kind, createdAt, answeredAt } = call;
  const caller = [...legs.values()].find(({ role }) => role === 'caller');
  if (!end || !caller || WITHOUT_ENTRY.includes(end.reason)) return null;
  const { at, reason } = end;
  return {
    message: {
      id,
      conversationId,
      senderId: caller.accountId,
      text: '',
      call: { id: call.id, kind, reason, startedAt: createdAt, answeredAt, endedAt: at },
      sentAt: at,
    },
    senderOnly: [...legs.values()].some(({ hidden }) => hidden),
    // Those who were there, and had read what stands above, need not read that there is something new.
    readBy: MISSED.includes(reason) ? 'sender_if_caught_up' : 'all_caught_up',
  };
}
