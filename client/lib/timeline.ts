import type { CallEntry, Message } from '#protocol/chat';
import { startOfDay } from './format.ts';

/** A message of ours that is not acknowledged yet. */
export interface Pending {
  id: string;
  text: string;
  createdAt: number;
  failed: boolean;
}

export type MessageState = 'received' | 'sent' | 'sending' | 'failed';

export interface TimelineMessage {
  id: string;
  text: string;
  /** Where it stands for a call. */
  call: CallEntry | null;
  time: number;
  mine: boolean;
  state: MessageState;
  /** Opens a day: the separator stands above it. */
  newDay: boolean;
  /** The first unread one: the line "New messages" stands above it. */
  firstUnread: boolean;
  /** Opens and closes a run of messages by one person that stand close together. */
  opens: boolean;
  closes: boolean;
}

/** Messages of one person within this time form a group. */
const GROUP_WITHIN = 5 * 60_000;

/** What a conversation's log shows, oldest first: what is stored, then what is on its way. */
export function timeline(
  messages: readonly Message[],
  pending: readonly Pending[],
  selfId: string,
  unreadFrom: number | null,
): TimelineMessage[] {
  const stored = new Set(messages.map(({ id }) => id));
  const items = [
    ...messages.map(({ id, text, call, sentAt, senderId, seq }) => {
      const mine = senderId === selfId;
      const state: MessageState = mine ? 'sent' : 'received';
      return { id, text, call, time: sentAt, mine, state, firstUnread: seq === unreadFrom };
    }),
    ...pending
      .filter(({ id }) => !stored.has(id))
      .map(({ id, text, createdAt, failed }) => {
        const state: MessageState = failed ? 'failed' : 'sending';
        return { id, text, call: null, time: createdAt, mine: true, state, firstUnread: false };
      }),
  ];
  return items.map((item, index) => {
    const before = items[index - 1];
    const after = items[index + 1];
    const newDay = !before || startOfDay(before.time) !== startOfDay(item.time);
    return {
      ...item,
      newDay,
      opens: newDay || item.firstUnread || !together(before, item),
      closes:
        !after ||
        after.firstUnread ||
        startOfDay(after.time) !== startOfDay(item.time) ||
        !together(item, after),
    };
  });
}

function together(
  a: { mine: boolean; time: number; call: CallEntry | null } | undefined,
  b: { mine: boolean; time: number; call: CallEntry | null },
): boolean {
  if (!a || a.call || b.call) return false;
  return a.mine === b.mine && Math.abs(b.time - a.time) < GROUP_WITHIN;
}
