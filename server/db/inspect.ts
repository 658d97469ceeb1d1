import Connection from 'better-sqlite3';
import { z } from 'zod';

/** What stands in a database, whichever version wrote it. */
export interface Contents {
  migrations: string[];
  epoch: string | null;
  counts: { accounts: number; conversations: number; messages: number };
}

const integrity = z.tuple([z.object({ integrity_check: z.literal('ok') })]);
const noRows = z.array(z.never());
const names = z.array(z.object({ name: z.string() }));
const counts = z.object({ accounts: z.int(), conversations: z.int(), messages: z.int() });
const epochRow = z.object({ epoch: z.string() });

/** Reads a database from end to end. @throws {Error} where it is damaged, or none of ours. */
export function inspect(file: string): Contents {
  const connection = new Connection(file, { readonly: true, fileMustExist: true });
  try {
    integrity.parse(connection.pragma('integrity_check'));
    noRows.parse(connection.pragma('foreign_key_check'));
    const tables = names
      .parse(connection.prepare("select name from sqlite_schema where type = 'table'").all())
      .map(({ name }) => name);
    return {
      migrations: names
        .parse(connection.prepare('select name from knex_migrations order by id').all())
        .map(({ name }) => name),
      epoch: tables.includes('server_state')
        ? epochRow.parse(connection.prepare('select epoch from server_state').get()).epoch
        : null,
      counts: counts.parse(
        connection
          .prepare(
            `select (select count(*) from accounts) as accounts, (select count(*) from conversations) as conversations,
               (select count(*) from messages) as messages`,
          )
          .get(),
      ),
    };
  } finally {
    connection.close();
  }
}
