import { callKind, endReason, legState } from '#protocol/call';
import { MISSED } from '#protocol/rules';
import type { PageEnd } from '#protocol/common';
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { z } from 'zod';
import { isEngaged, type Call, type Leg, type Seat } from '../calls/call.ts';
import { entryOf, UNLISTED } from '../calls/call-entry.ts';
import type { StoredMessage } from '../chat/conversation.ts';
import type { CallRepository, Collision, Stored } from '../calls/ports.ts';
import { violates, type Database } from './database.ts';
import { insertMessage } from './message-repository.ts';

const callRow = z.object({
  id: z.string(),
  conversation_id: z.string(),
  kind: callKind,
  version: z.number(),
  created_at: z.number(),
  alerted_at: z.number().nullable(),
  answered_at: z.number().nullable(),
  ended_at: z.number().nullable(),
  end_reason: endReason.nullable(),
  ended_by: z.string().nullable(),
});
type CallRow = z.infer<typeof callRow>;

const legRow = z.object({
  participant_id: z.string(),
  call_id: z.string(),
  account_id: z.string(),
  role: z.enum(['caller', 'callee']),
  state: legState,
  device: z.string().nullable(),
  tab: z.string().nullable(),
  session: z.string().nullable(),
  deadline: z.number().nullable(),
  socket: z.coerce.boolean(),
  media: z.coerce.boolean(),
  in_another_call: z.coerce.boolean(),
  hidden: z.coerce.boolean(),
});
type LegRow = z.infer<typeof legRow>;

/** Calls and their legs in SQLite; the row of an ended call is its history. */
export class SqlCallRepository implements CallRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(call: Call): Promise<Stored | Collision> {
    try {
      return await this.#database.transaction(async (transaction) => {
        await transaction('calls').insert(toCallRow(call));
        await transaction('call_legs').insert(toLegRows(call));
        return { entry: await insertEntry(transaction, call) };
      });
    } catch (error) {
      return collision(error);
    }
  }

  async save(call: Call): Promise<Stored | 'stale' | Collision> {
    try {
      return await this.#database.transaction(async (transaction) => {
        const { id, ...columns } = toCallRow(call);
        const changed = await transaction('calls')
          .where({ id, version: call.version - 1 })
          .whereNull('ended_at')
          .update(columns);
        if (changed === 0) return 'stale';
        await transaction('call_legs').insert(toLegRows(call)).onConflict('participant_id').merge();
        return { entry: await insertEntry(transaction, call) };
      });
    } catch (error) {
      return collision(error);
    }
  }

  async find(id: string): Promise<Call | undefined> {
    return (await this.#read({ id }))[0];
  }

  async findLive(conversationId: string): Promise<Call | undefined> {
    return (await this.#read({ conversation_id: conversationId, ended_at: null }))[0];
  }

  listLive(): Promise<Call[]> {
    return this.#read({ ended_at: null });
  }

  async listEnded(
    accountId: string,
    { missed, before }: { missed: boolean; before: PageEnd | undefined },
    limit: number,
  ): Promise<Call[]> {
    const mine = this.#database('call_legs')
      .where({ account_id: accountId, hidden: false, ...(missed && { role: 'callee' }) })
      .select('call_id');
    const rows: unknown = await this.#database('calls')
      .whereIn('calls.id', mine)
      .whereNotNull('calls.ended_at')
      .whereNotIn('calls.end_reason', UNLISTED)
      .modify((query) => {
        if (missed) void query.whereIn('calls.end_reason', MISSED);
        if (before) void query.whereRaw('(calls.created_at, calls.id) < (?, ?)', [before.time, before.id]);
      })
      .orderBy([
        { column: 'calls.created_at', order: 'desc' },
        { column: 'calls.id', order: 'desc' },
      ])
      .limit(limit)
      .select('calls.*');
    return this.#withLegs(z.array(callRow).parse(rows));
  }

  async countMissed(accountId: string): Promise<number> {
    const row: unknown = await this.#database('calls')
      .join('call_legs as mine', 'mine.call_id', 'calls.id')
      .join('accounts', 'accounts.id', 'mine.account_id')
      .where({ 'mine.account_id': accountId, 'mine.role': 'callee', 'mine.hidden': false })
      .whereIn('calls.end_reason', MISSED)
      .leftJoin('messages as entry', 'entry.call_id', 'calls.id')
      .leftJoin('conversation_members as reader', (join) => {
        join.on('reader.conversation_id', 'entry.conversation_id').on('reader.account_id', 'mine.account_id');
      })
      .whereRaw('calls.ended_at > accounts.calls_seen_at')
      .whereRaw('(entry.seq is null or entry.seq > reader.read_seq)')
      .countDistinct({ count: 'calls.id' })
      .first();
    return z.object({ count: z.number() }).parse(row).count;
  }

  async markSeen(accountId: string, now: number): Promise<void> {
    await this.#database('accounts').where({ id: accountId }).update({ calls_seen_at: now });
  }

  async #read(where: Partial<CallRow>): Promise<Call[]> {
    return this.#withLegs(z.array(callRow).parse(await this.#database('calls').where(where)));
  }

  async #withLegs(calls: CallRow[]): Promise<Call[]> {
    if (calls.length === 0) return [];
    const ids = calls.map((call) => call.id);
    const rows: unknown = await this.#database('call_legs').whereIn('call_id', ids).orderBy('rowid');
    const legs = z.array(legRow).parse(rows);
    return calls.map((call) =>
      toCall(
        call,
        legs.filter((leg) => leg.call_id === call.id),
      ),
    );
  }
}

/** Stores the entry that the call leaves in its conversation, in the transaction that ends it: exactly one. */
async function insertEntry(transaction: Knex.Transaction, call: Call): Promise<StoredMessage | null> {
  const entry = entryOf(call, randomUUID());
  if (entry === null) return null;
  return { message: await insertMessage(transaction, entry.message, entry), senderOnly: entry.senderOnly };
}

function collision(error: unknown): Collision {
  if (violates(error, 'calls.id')) return 'same_id';
  if (violates(error, 'calls.conversation_id')) return 'conversation_in_call';
  if (violates(error, 'call_legs.account_id')) return 'account_in_call';
  throw error;
}

function toCallRow(call: Call): CallRow {
  return {
    id: call.id,
    conversation_id: call.conversationId,
    kind: call.kind,
    version: call.version,
    created_at: call.createdAt,
    alerted_at: call.alertedAt,
    answered_at: call.answeredAt,
    ended_at: call.end?.at ?? null,
    end_reason: call.end?.reason ?? null,
    ended_by: call.end?.by ?? null,
  };
}

/** A leg that its account has left comes before the one that replaces it: only one may be engaged at any time. */
function toLegRows(call: Call): LegRow[] {
  const legs = [...call.legs.values()].sort((a, b) => Number(isEngaged(a)) - Number(isEngaged(b)));
  return legs.map((leg) => ({
    participant_id: leg.participantId,
    call_id: call.id,
    account_id: leg.accountId,
    role: leg.role,
    state: leg.state,
    device: leg.seat?.device ?? null,
    tab: leg.seat?.tab ?? null,
    session: leg.seat?.session ?? null,
    deadline: leg.deadline,
    socket: leg.socket,
    media: leg.media,
    in_another_call: leg.inAnotherCall,
    hidden: leg.hidden,
  }));
}

function toSeat({ device, tab, session }: LegRow): Seat | null {
  return device !== null && tab !== null && session !== null ? { device, tab, session } : null;
}

function toCall(row: CallRow, legRows: LegRow[]): Call {
  const legs = legRows.map((leg): [string, Leg] => [
    leg.participant_id,
    {
      participantId: leg.participant_id,
      accountId: leg.account_id,
      role: leg.role,
      state: leg.state,
      seat: toSeat(leg),
      deadline: leg.deadline,
      socket: leg.socket,
      media: leg.media,
      inAnotherCall: leg.in_another_call,
      hidden: leg.hidden,
    },
  ]);
  return {
    id: row.id,
    conversationId: row.conversation_id,
    kind: row.kind,
    version: row.version,
    createdAt: row.created_at,
    alertedAt: row.alerted_at,
    answeredAt: row.answered_at,
    end:
      row.ended_at !== null && row.end_reason !== null
        ? { at: row.ended_at, reason: row.end_reason, by: row.ended_by }
        : null,
    legs: new Map(legs),
  };
}
