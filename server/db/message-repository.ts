import type { Message } from '#protocol/chat';
import { z } from 'zod';
import type { MessageRepository } from '../chat/ports.ts';
import { violates, type Database } from './database.ts';

export const messageRow = z
  .object({
    conversation_id: z.string(),
    seq: z.number(),
    id: z.string(),
    sender_id: z.string(),
    text: z.string(),
    sent_at: z.number(),
  })
  .transform((columns): Message => ({
    id: columns.id,
    conversationId: columns.conversation_id,
    seq: columns.seq,
    senderId: columns.sender_id,
    text: columns.text,
    sentAt: columns.sent_at,
  }));

const lastSeq = z.array(z.object({ last_seq: z.number() })).length(1);

/** Messages in SQLite. */
export class SqlMessageRepository implements MessageRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(message: Omit<Message, 'seq'>): Promise<{ message: Message; added: boolean }> {
    const { id, conversationId, senderId, text, sentAt } = message;
    try {
      return await this.#database.transaction(async (transaction) => {
        const counted: unknown = await transaction('conversations')
          .where({ id: conversationId })
          .update({ last_seq: transaction.raw('last_seq + 1'), last_message_at: sentAt })
          .returning('last_seq');
        const [{ last_seq: seq } = { last_seq: 0 }] = lastSeq.parse(counted);
        await transaction('messages').insert({
          conversation_id: conversationId,
          seq,
          id,
          sender_id: senderId,
          text,
          sent_at: sentAt,
        });
        // Whoever writes has read what stands above.
        await transaction('conversation_members')
          .where({ conversation_id: conversationId, account_id: senderId })
          .update({ read_seq: seq });
        return { message: { ...message, seq }, added: true };
      });
    } catch (error) {
      if (!violates(error, 'messages.conversation_id, messages.sender_id, messages.id')) throw error;
      const first: unknown = await this.#database('messages')
        .where({ conversation_id: conversationId, sender_id: senderId, id })
        .first();
      return { message: messageRow.parse(first), added: false };
    }
  }

  async list(
    conversationId: string,
    range: { before: number } | { after: number },
    limit: number,
  ): Promise<Message[]> {
    const query = this.#database('messages').where({ conversation_id: conversationId }).limit(limit);
    if ('before' in range) {
      const rows: unknown = await query.where('seq', '<', range.before).orderBy('seq', 'desc');
      return z.array(messageRow).parse(rows).reverse();
    }
    return z.array(messageRow).parse(await query.where('seq', '>', range.after).orderBy('seq'));
  }
}
