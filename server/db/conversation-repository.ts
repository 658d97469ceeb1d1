import { randomUUID } from 'node:crypto';
import { MISSED } from '#protocol/rules';
import type { PageEnd } from '#protocol/common';
import { z } from 'zod';
import type { ConversationRecord } from '../chat/conversation.ts';
import type { ConversationRepository } from '../chat/ports.ts';
import type { Database } from './database.ts';
import { messageRow, selectMessages } from './message-repository.ts';

const memberRow = z.object({
  conversation_id: z.string(),
  account_id: z.string(),
  read_seq: z.number(),
  missed_calls: z.number(),
  last_seq: z.number(),
});
const conversationRow = z.object({ id: z.string() });
const lastMessageRow = z.object({ reader: z.string() });
type ConversationRow = z.infer<typeof conversationRow>;

/** Conversations in SQLite. */
export class SqlConversationRepository implements ConversationRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async openDirect(accountId: string, otherId: string, now: number): Promise<ConversationRecord> {
    const pairKey = [accountId, otherId].sort().join(' ');
    const row: unknown = await this.#database.transaction(async (transaction) => {
      const find = async (): Promise<unknown> =>
        transaction('conversations').where({ pair_key: pairKey }).first();
      const existing = await find();
      if (existing !== undefined) return existing;
      const id = randomUUID();
      await transaction('conversations').insert({ id, pair_key: pairKey, created_at: now });
      await transaction('conversation_members').insert(
        [accountId, otherId].map((member) => ({ conversation_id: id, account_id: member })),
      );
      return find();
    });
    const [record] = await this.#complete([conversationRow.parse(row)]);
    if (record === undefined) throw new Error('a conversation vanished while it was opened');
    return record;
  }

  async findFor(id: string, accountId: string): Promise<ConversationRecord | undefined> {
    const [record] = await this.#complete([{ id }]);
    return record?.members.some((member) => member.accountId === accountId) ? record : undefined;
  }

  async membersOf(id: string): Promise<string[]> {
    const rows: unknown = await this.#database('conversation_members')
      .where({ conversation_id: id })
      .select('account_id');
    return z
      .array(z.object({ account_id: z.string() }))
      .parse(rows)
      .map((row) => row.account_id);
  }

  async list(accountId: string, before: PageEnd | undefined, limit: number): Promise<ConversationRecord[]> {
    const rows: unknown = await this.#database('conversations')
      .join('conversation_members as mine', 'mine.conversation_id', 'conversations.id')
      .where('mine.account_id', accountId)
      .where('mine.last_seq', '>', 0)
      .modify((query) => {
        if (before)
          void query.whereRaw('(mine.last_message_at, conversations.id) < (?, ?)', [before.time, before.id]);
      })
      .orderBy([
        { column: 'mine.last_message_at', order: 'desc' },
        { column: 'conversations.id', order: 'desc' },
      ])
      .limit(limit)
      .select('conversations.*');
    return this.#complete(z.array(conversationRow).parse(rows));
  }

  async countUnread(accountId: string): Promise<number> {
    const found: unknown = await this.#database('conversation_members as mine')
      .where('mine.account_id', accountId)
      .whereRaw('mine.read_seq < mine.last_seq')
      .count({ count: '*' })
      .first();
    return z.object({ count: z.number() }).parse(found).count;
  }

  async hasBlocked(accountId: string, otherId: string): Promise<boolean> {
    const block: unknown = await this.#database('blocks')
      .where({ account_id: accountId, blocked_id: otherId })
      .first();
    return block !== undefined;
  }

  async markRead(id: string, accountId: string, seq: number): Promise<number | undefined> {
    const moved: unknown = await this.#database('conversation_members')
      .where({ conversation_id: id, account_id: accountId })
      .whereRaw('read_seq < min(?, last_seq)', [seq])
      .update({ read_seq: this.#database.raw('min(?, last_seq)', [seq]) })
      .returning('read_seq');
    return z.array(z.object({ read_seq: z.number() })).parse(moved)[0]?.read_seq;
  }

  /** Adds members and last messages: two queries, however many conversations there are. */
  async #complete(rows: ConversationRow[]): Promise<ConversationRecord[]> {
    const ids = rows.map((row) => row.id);
    const missedCalls = this.#database('messages')
      .join('calls', 'calls.id', 'messages.call_id')
      .whereRaw('messages.conversation_id = member.conversation_id')
      .whereNotNull('messages.call_id')
      .whereRaw('messages.seq > member.read_seq')
      .whereRaw('messages.sender_id <> member.account_id')
      .where('messages.sender_only', false)
      .whereIn('calls.end_reason', MISSED)
      .count()
      .as('missed_calls');
    const memberRows: unknown = await this.#database('conversation_members as member')
      .whereIn('member.conversation_id', ids)
      .select('member.*', missedCalls);
    const members = z.array(memberRow).parse(memberRows);
    const lastRows = z.array(z.unknown()).parse(
      await selectMessages(this.#database)
        .join('conversation_members as member', (join) => {
          join.on('member.conversation_id', 'messages.conversation_id').on('member.last_seq', 'messages.seq');
        })
        .whereIn('messages.conversation_id', ids)
        .select({ reader: 'member.account_id' }),
    );
    const lastMessages = lastRows.map((one) => ({
      accountId: lastMessageRow.parse(one).reader,
      message: messageRow.parse(one),
    }));
    return rows.map(({ id }) => ({
      id,
      members: members
        .filter((member) => member.conversation_id === id)
        .map((member) => ({
          accountId: member.account_id,
          readSeq: member.read_seq,
          missedCalls: member.missed_calls,
          lastSeq: member.last_seq,
          lastMessage:
            lastMessages.find(
              ({ accountId, message }) => message.conversationId === id && accountId === member.account_id,
            )?.message ?? null,
        })),
    }));
  }
}
