import { callKind, endReason, legState } from '#protocol/call';
import { z } from 'zod';
import type { Call, Leg } from '../calls/call.ts';
import type { CallRepository, Collision } from '../calls/ports.ts';
import { violates, type Database } from './database.ts';

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
  call_id: z.string(),
  account_id: z.string(),
  role: z.enum(['caller', 'callee']),
  state: legState,
  device: z.string().nullable(),
  tab: z.string().nullable(),
  deadline: z.number().nullable(),
});
type LegRow = z.infer<typeof legRow>;

/** Calls and their legs in SQLite; the row of an ended call is its history. */
export class SqlCallRepository implements CallRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(call: Call): Promise<'added' | Collision> {
    try {
      await this.#database.transaction(async (transaction) => {
        await transaction('calls').insert(toCallRow(call));
        await transaction('call_legs').insert(toLegRows(call));
      });
      return 'added';
    } catch (error) {
      return collision(error);
    }
  }

  async save(call: Call): Promise<'saved' | 'stale' | Collision> {
    try {
      return await this.#database.transaction(async (transaction) => {
        const { id, ...columns } = toCallRow(call);
        const changed = await transaction('calls')
          .where({ id, version: call.version - 1 })
          .whereNull('ended_at')
          .update(columns);
        if (changed === 0) return 'stale';
        await transaction('call_legs').insert(toLegRows(call)).onConflict(['call_id', 'account_id']).merge();
        return 'saved';
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

  async #read(where: Partial<CallRow>): Promise<Call[]> {
    const calls = z.array(callRow).parse(await this.#database('calls').where(where));
    if (calls.length === 0) return [];
    const ids = calls.map((call) => call.id);
    const legs = z.array(legRow).parse(await this.#database('call_legs').whereIn('call_id', ids));
    return calls.map((call) =>
      toCall(
        call,
        legs.filter((leg) => leg.call_id === call.id),
      ),
    );
  }
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

function toLegRows(call: Call): LegRow[] {
  return [...call.legs.values()].map((leg) => ({
    call_id: call.id,
    account_id: leg.accountId,
    role: leg.role,
    state: leg.state,
    device: leg.seat?.device ?? null,
    tab: leg.seat?.tab ?? null,
    deadline: leg.deadline,
  }));
}

function toCall(row: CallRow, legRows: LegRow[]): Call {
  const legs = legRows.map((leg): [string, Leg] => [
    leg.account_id,
    {
      accountId: leg.account_id,
      role: leg.role,
      state: leg.state,
      seat: leg.device !== null && leg.tab !== null ? { device: leg.device, tab: leg.tab } : null,
      deadline: leg.deadline,
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
