import { callKind, endReason } from '#protocol/call';
import { callEntry, type Message } from '#protocol/chat';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { NewMessage, ReadBy, StoredMessage } from '../chat/conversation.ts';
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

const senderOnlyRow = z.object({ sender_only: z.coerce.boolean() });
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

/** Puts a message under its conversation's next sequence number. Where `senderOnly`, the other members do not see it. */
export async function insertMessage(
  transaction: Knex.Transaction,
  message: NewMessage,
  { senderOnly, readBy }: { senderOnly: boolean; readBy: ReadBy },
): Promise<Message> {
  const { id, conversationId, senderId, text, call, sentAt } = message;
  const counted: unknown = await transaction('conversations')
    .where({ id: conversationId })
    .update({ last_seq: transaction.raw('last_seq + 1') })
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
    sender_only: senderOnly,
  });
  const reads = {
    sender: 'account_id = :senderId',
    sender_if_caught_up: 'account_id = :senderId and read_seq = last_seq',
    all_caught_up: 'read_seq = last_seq',
  }[readBy];
  // Someone who had read everything has one message to read now, also where others in between are hidden from them.
  await transaction.raw(
    `update conversation_members
     set read_seq = case when ${reads} then :seq when read_seq = last_seq then :seq - 1 else read_seq end,
       last_seq = :seq, last_message_at = :sentAt
     where conversation_id = :conversationId ${senderOnly ? 'and account_id = :senderId' : ''}`,
    { seq, sentAt, senderId, conversationId },
  );
  return { ...message, seq };
}

/** Messages in SQLite. */
export class SqlMessageRepository implements MessageRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(message: NewMessage): Promise<StoredMessage & { added: boolean }> {
    try {
      return await this.#database.transaction(async (transaction) => {
        const senderOnly = await isBlocked(transaction, message);
        const inserted = await insertMessage(transaction, message, { senderOnly, readBy: 'sender' });
        return { message: inserted, senderOnly, added: true };
      });
    } catch (error) {
      if (!violates(error, 'messages.conversation_id, messages.sender_id, messages.id')) throw error;
      const first = await this.find(message);
      if (!first) throw error;
      return { ...first, added: false };
    }
  }

  async find({ conversationId, senderId, id }: MessageKey): Promise<StoredMessage | undefined> {
    const found: unknown = await selectMessages(this.#database)
      .where({ 'messages.conversation_id': conversationId, sender_id: senderId, 'messages.id': id })
      .first();
    if (found === undefined) return undefined;
    return { message: messageRow.parse(found), senderOnly: senderOnlyRow.parse(found).sender_only };
  }

  async list(
    conversationId: string,
    accountId: string,
    range: { before: number } | { after: number },
    limit: number,
  ): Promise<Message[]> {
    const query = selectMessages(this.#database)
      .where('messages.conversation_id', conversationId)
      .where((visible) => {
        void visible.where({ sender_only: false }).orWhere({ sender_id: accountId });
      })
      .limit(limit);
    if ('before' in range) {
      const rows: unknown = await query.where('seq', '<', range.before).orderBy('seq', 'desc');
      return z.array(messageRow).parse(rows).reverse();
    }
    return z.array(messageRow).parse(await query.where('seq', '>', range.after).orderBy('seq'));
  }
}

/** Whether another member of the conversation has blocked the sender. */
async function isBlocked(
  transaction: Knex.Transaction,
  { conversationId, senderId }: Pick<Message, 'conversationId' | 'senderId'>,
): Promise<boolean> {
  const block: unknown = await transaction('blocks')
    .join('conversation_members as member', 'member.account_id', 'blocks.account_id')
    .where({ 'member.conversation_id': conversationId, 'blocks.blocked_id': senderId })
    .select('blocks.account_id')
    .first();
  return block !== undefined;
}
