import { mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';

export type Database = Knex;

export const DATABASE_FILE = 'chataway.sqlite';

/**
 * Opens the database and brings its schema up to date.
 *
 * Durability is a matter of these PRAGMAs: with WAL and FULL a commit is on disk when it returns, and only
 * then anything is acknowledged (https://sqlite.org/pragma.html#pragma_synchronous). There is one
 * connection: better-sqlite3 is synchronous, and one writer never meets SQLITE_BUSY.
 */
export async function openDatabase(folder: string): Promise<Database> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = knex({
    client: 'better-sqlite3',
    connection: { filename: join(folder, DATABASE_FILE) },
    useNullAsDefault: true,
    // What fails is thrown, and told where it is caught.
    log: { error: () => undefined },
    pool: {
      min: 1,
      max: 1,
      afterCreate(
        connection: { pragma(text: string): unknown },
        done: (error: unknown, connection: unknown) => void,
      ) {
        for (const pragma of [
          'journal_mode=WAL',
          'synchronous=FULL',
          'foreign_keys=ON',
          'busy_timeout=5000',
        ]) {
          connection.pragma(pragma);
        }
        done(null, connection);
      },
    },
  });
  await database.migrate.latest({ migrationSource });
  return database;
}

const MIGRATIONS = new URL('./migrations/', import.meta.url);

/** The migrations by file name. Knex's own loader asks for extensions that Node does not need here. */
const migrationSource: Knex.MigrationSource<string> = {
  async getMigrations() {
    return (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.ts')).sort();
  },
  getMigrationName: (name) => name,
  async getMigration(name) {
    return (await import(new URL(name, MIGRATIONS).href)) as Knex.Migration;
  },
};

/** Whether a statement failed because a row with this unique column (or these) exists. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof Error && error.message.includes(`UNIQUE constraint failed: ${constraint}`);
}
