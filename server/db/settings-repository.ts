import { callSettings, DEFAULT_CALL_SETTINGS, type CallSettings } from '#protocol/settings';
import { z } from 'zod';
import type { RingFacts, SettingsRepository } from '../calls/ports.ts';
import type { Database } from './database.ts';

/** The object is kept as JSON; a default stands for what an older version did not have yet. */
const settingsJson = z
  .string()
  .transform((text) => ({ ...DEFAULT_CALL_SETTINGS, ...(JSON.parse(text) as object) }))
  .pipe(callSettings);

const factsRow = z.object({
  settings: settingsJson.nullable(),
  blocked: z.number(),
  has_blocked: z.number(),
  contact: z.number(),
  unanswered: z.number(),
});

/** People's wishes about ringing in SQLite. */
export class SqlSettingsRepository implements SettingsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(accountId: string): Promise<CallSettings> {
    const row: unknown = await this.#database('call_settings').where({ account_id: accountId }).first();
    return z.object({ settings: settingsJson }).optional().parse(row)?.settings ?? DEFAULT_CALL_SETTINGS;
  }

  async set(accountId: string, settings: CallSettings): Promise<void> {
    await this.#database('call_settings')
      .insert({ account_id: accountId, settings: JSON.stringify(settings) })
      .onConflict('account_id')
      .merge();
  }

  async listBlocked(accountId: string): Promise<string[]> {
    const rows: unknown = await this.#database('blocks').where({ account_id: accountId });
    return z
      .array(z.object({ blocked_id: z.string() }))
      .parse(rows)
      .map((row) => row.blocked_id);
  }

  async listBlocks(): Promise<{ accountId: string; blockedId: string }[]> {
    const rows: unknown = await this.#database('blocks');
    return z
      .array(z.object({ account_id: z.string(), blocked_id: z.string() }))
      .parse(rows)
      .map((row) => ({ accountId: row.account_id, blockedId: row.blocked_id }));
  }

  async setBlocked(accountId: string, otherId: string, blocked: boolean): Promise<void> {
    const row = { account_id: accountId, blocked_id: otherId };
    if (blocked) await this.#database('blocks').insert(row).onConflict(['account_id', 'blocked_id']).ignore();
    else await this.#database('blocks').where(row).delete();
  }

  async ringFacts(
    conversationId: string,
    callerId: string,
    calleeId: string,
    since: number,
  ): Promise<RingFacts> {
    // One statement, because it stands between the click and the ring. What the callee wrote, or a call of
    // theirs, is a message of theirs; either makes the count begin anew. What they sent while the caller had blocked them
    // counts for nothing: it never reached the caller, who must not notice it.
    const rows: unknown = await this.#database.raw(
      `with said as (
         select max(sent_at) as at from messages where conversation_id = :conversationId and sender_id = :calleeId and not sender_only
       )
       select
         (select settings from call_settings where account_id = :calleeId) as settings,
         exists (select 1 from blocks where account_id = :calleeId and blocked_id = :callerId) as blocked,
         exists (select 1 from blocks where account_id = :callerId and blocked_id = :calleeId) as has_blocked,
         exists (
           select 1 from messages
           where conversation_id = :conversationId and sender_id = :calleeId and call_id is null and not sender_only
         ) as contact,
         (
           select count(*) from calls
           where calls.conversation_id = :conversationId
             and exists (
               select 1 from call_legs
               where call_id = calls.id and account_id = :callerId and role = 'caller'
             )
             and calls.created_at > max(:since, coalesce((select at from said), 0))
             and calls.ended_at is not null and calls.answered_at is null
         ) as unanswered`,
      { conversationId, callerId, calleeId, since },
    );
    const [{ settings, blocked, has_blocked, contact, unanswered }] = z.tuple([factsRow]).parse(rows);
    return {
      settings: settings ?? DEFAULT_CALL_SETTINGS,
      blocked: blocked === 1,
      hasBlocked: has_blocked === 1,
      contact: contact === 1,
      unanswered,
    };
  }
}
