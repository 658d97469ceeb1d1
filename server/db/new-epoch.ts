import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { Database } from './database.ts';

const columnRows = z.array(z.object({ name: z.string() }));

/**
 * Makes a restored database the beginning of a new epoch. What was written comes from the backup; who is signed in
 * and who is in a call is of the moment and stays as it is in the present database, as far as the backup knows the
 * people: so nobody is signed out who need not be, and no session lives again that was ended since. The audit log goes on
 * where the present one ends: what was done stays known, also where the restore undoes it.
 *
 * @param database - the restored one, not in use yet
 * @param present - the file of the present one, or null where there is none: then all sign in again
 */
export async function beginAnew(database: Database, present: string | null): Promise<void> {
  if (present !== null) await database.raw('attach ? as present', [present]);
  await database.transaction(async (transaction) => {
    await transaction('server_state').update({ epoch: randomUUID() });
    await transaction('sessions').delete();
    // With their legs.
    await transaction('calls').whereNull('ended_at').delete();
    if (present === null) return;
    await carry(transaction, 'sessions', 'account_id in (select id from main.accounts)');
    await carry(
      transaction,
      'calls',
      `ended_at is null and conversation_id in (select id from main.conversations)
         and not exists (select * from present.call_legs where call_id = calls.id
           and account_id not in (select id from main.accounts))`,
    );
    await carry(transaction, 'call_legs', 'call_id in (select id from main.calls where ended_at is null)');
    await carry(transaction, 'audit_log', 'id > (select coalesce(max(id), 0) from main.audit_log)');
  });
  if (present !== null) await database.raw('detach present');
}

/** Copies rows of the present database. It may have been written by a version that has other columns. */
async function carry(transaction: Knex.Transaction, table: string, which: string): Promise<void> {
  const [mine, theirs] = [
    await columnsOf(transaction, 'main', table),
    await columnsOf(transaction, 'present', table),
  ];
  const columns = mine
    .filter((name) => theirs.includes(name))
    .map((name) => `"${name}"`)
    .join(', ');
  // A version that did not have this table has nothing to carry over.
  if (columns === '') return;
  await transaction.raw(
    `insert into main.${table} (${columns}) select ${columns} from present.${table} as ${table} where ${which}`,
  );
}

async function columnsOf(transaction: Knex.Transaction, schema: string, table: string): Promise<string[]> {
  const rows: unknown = await transaction.raw(`select name from pragma_table_info(?, ?)`, [table, schema]);
  return columnRows.parse(rows).map(({ name }) => name);
}
