import type { Message } from '#protocol/chat';
import type { PageEnd } from '#protocol/common';
import type { ConversationRecord, NewMessage, StoredMessage } from './conversation.ts';

/** Where conversations are kept. */
export interface ConversationRepository {
  /** The conversation of these two, made where there is none. */
  openDirect(accountId: string, otherId: string, now: number): Promise<ConversationRecord>;
  /** Undefined where there is none, or the account is no member. */
  findFor(id: string, accountId: string): Promise<ConversationRecord | undefined>;
  /** The members' accounts; none where there is no such conversation. */
  membersOf(id: string): Promise<string[]>;
  /** Those of the account that have messages, the latest first, from where the page before ended. */
  list(accountId: string, before: PageEnd | undefined, limit: number): Promise<ConversationRecord[]>;
  /** How many of the account's conversations have messages it has not read. */
  countUnread(accountId: string): Promise<number>;
  /** Whether the account has blocked the other. */
  hasBlocked(accountId: string, otherId: string): Promise<boolean>;
  /**
   * Moves the member's read mark forward to `seq`, but not beyond the last message that they see. Tells where it stands
   * then; undefined where it stood there or further already.
   */
  markRead(id: string, accountId: string, seq: number): Promise<number | undefined>;
}

/** What tells a message from all others: its sender made the id. */
export type MessageKey = Pick<Message, 'conversationId' | 'senderId' | 'id'>;

/** Where messages are kept. */
export interface MessageRepository {
  /**
   * Commits the message under the conversation's next sequence number. One with the same id, by the same
   * sender in the same conversation, stays one message: the first is given back. Where another member has blocked the
   * sender, only the sender sees it.
   */
  append(message: NewMessage): Promise<StoredMessage & { added: boolean }>;
  find(key: MessageKey): Promise<StoredMessage | undefined>;
  /** Up to `limit` messages that the account sees next to a sequence number, oldest first. */
  list(
    conversationId: string,
    accountId: string,
    range: { before: number } | { after: number },
    limit: number,
  ): Promise<Message[]>;
}
