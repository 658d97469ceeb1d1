import { callKind, endReason } from '#protocol/call';
import { callEntry, type Message } from '#protocol/chat';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { MessageKey, MessageRepository } from '../chat/ports.ts';
import { violates, type Database } from './database.ts';

export const messageRow = z
  .object({
    conversation_id: z.string(),
    seq: z.number(),
    id: z.string(),
    sender_id: z.string(),
    text: z.string(),
    sent_at: z.number(),
    // The call that the message stands for, joined.
    call_id: z.string().nullable(),
    call_kind: callKind.nullable(),
    call_reason: endReason.nullable(),
    call_created_at: z.number().nullable(),
    call_answered_at: z.number().nullable(),
    call_ended_at: z.number().nullable(),
  })
  .transform((columns): Message => ({
    id: columns.id,
    conversationId: columns.conversation_id,
    seq: columns.seq,
    senderId: columns.sender_id,
    text: columns.text,
    call: callEntry.nullable().parse(
      columns.call_id && {
        id: columns.call_id,
        kind: columns.call_kind,
        reason: columns.call_reason,
        startedAt: columns.call_created_at,
        answeredAt: columns.call_answered_at,
        endedAt: columns.call_ended_at,
      },
    ),
    sentAt: columns.sent_at,
  }));

const lastSeq = z.tuple([z.object({ last_seq: z.number() })]);

/** Messages with what they tell of their calls. */
export function selectMessages(database: Database) {
  return database('messages').leftJoin('calls', 'calls.id', 'messages.call_id').select('messages.*', {
    call_kind: 'calls.kind',
    call_reason: 'calls.end_reason',
    call_created_at: 'calls.created_at',
    call_answered_at: 'calls.answered_at',
    call_ended_at: 'calls.ended_at',
  });
}

/** Puts a message under its conversation's next sequence number. */
export async function insertMessage(
  transaction: Knex.Transaction,
  message: Omit<Message, 'seq'>,
): Promise<Message> {
  const { id, conversationId, senderId, text, call, sentAt } = message;
  const counted: unknown = await transaction('conversations')
    .where({ id: conversationId })
    .update({ last_seq: transaction.raw('last_seq + 1'), last_message_at: sentAt })
    .returning('last_seq');
  const [{ last_seq: seq }] = lastSeq.parse(counted);
  await transaction('messages').insert({
    conversation_id: conversationId,
    seq,
    id,
    sender_id: senderId,
    text,
    call_id: call?.id ?? null,
    sent_at: sentAt,
  });
  return { ...message, seq };
}

/** Messages in SQLite. */
export class SqlMessageRepository implements MessageRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(message: Omit<Message, 'seq'>): Promise<{ message: Message; added: boolean }> {
    try {
      const added = await this.#database.transaction(async (transaction) => {
        const inserted = await insertMessage(transaction, message);
        // Whoever writes has read what stands above.
        await transaction('conversation_members')
          .where({ conversation_id: message.conversationId, account_id: message.senderId })
          .update({ read_seq: inserted.seq });
        return inserted;
      });
      return { message: added, added: true };
    } catch (error) {
      if (!violates(error, 'messages.conversation_id, messages.sender_id, messages.id')) throw error;
      const first = await this.find(message);
      if (!first) throw error;
      return { message: first, added: false };
    }
  }

  async find({ conversationId, senderId, id }: MessageKey): Promise<Message | undefined> {
    const found: unknown = await selectMessages(this.#database)
      .where({ 'messages.conversation_id': conversationId, sender_id: senderId, 'messages.id': id })
      .first();
    return messageRow.optional().parse(found);
  }

  async list(
    conversationId: string,
    range: { before: number } | { after: number },
    limit: number,
  ): Promise<Message[]> {
    const query = selectMessages(this.#database)
      .where('messages.conversation_id', conversationId)
      .limit(limit);
    if ('before' in range) {
      const rows: unknown = await query.where('seq', '<', range.before).orderBy('seq', 'desc');
      return z.array(messageRow).parse(rows).reverse();
    }
    return z.array(messageRow).parse(await query.where('seq', '>', range.after).orderBy('seq'));
  }
}
