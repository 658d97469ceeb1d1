import type { Message } from '#protocol/chat';

export interface Member {
  readonly accountId: string;
  /** Up to which message they have read. */
  readonly readSeq: number;
  /** How many calls they missed after that. */
  readonly missedCalls: number;
  /** The last message that they see, and its number; what someone sends whom they have blocked they do not see. */
  readonly lastSeq: number;
  readonly lastMessage: Message | null;
}

/** A conversation as it is kept. Two people share exactly one; the schema has room for more members. */
export interface ConversationRecord {
  readonly id: string;
  readonly members: readonly Member[];
}

/** A message before it is stored under the next sequence number of its conversation. */
export type NewMessage = Omit<Message, 'seq'>;

/** Who has read a message the moment it is there. */
export type ReadBy =
  /** Its sender, who has read what stands above by writing. */
  | 'sender'
  /** Its sender, who took no notice of what stands above: only where that was read already. */
  | 'sender_if_caught_up'
  /** Everyone who had read what stands above. */
  | 'all_caught_up';

/** A message as it is kept. */
export interface StoredMessage {
  readonly message: Message;
  /** Nobody else sees it: the other had blocked its sender. */
  readonly senderOnly: boolean;
}
