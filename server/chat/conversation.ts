import type { Message } from '#protocol/chat';

export interface Member {
  readonly accountId: string;
  /** Up to which message they have read. */
  readonly readSeq: number;
  /** How many calls they missed after that. */
  readonly missedCalls: number;
}

/** A conversation as it is kept. Two people share exactly one; the schema has room for more members. */
export interface ConversationRecord {
  readonly id: string;
  readonly members: readonly Member[];
  readonly lastSeq: number;
  readonly lastMessage: Message | null;
}
