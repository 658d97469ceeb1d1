import type { Message } from '#protocol/chat';

/** A conversation as it is kept. Two people share exactly one; the schema has room for more members. */
export interface ConversationRecord {
  readonly id: string;
  readonly members: readonly { readonly accountId: string; readonly readSeq: number }[];
  readonly lastSeq: number;
  readonly lastMessage: Message | null;
}
