import { mkdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import { z } from 'zod';

export type Database = Knex;

const ANSWER_WITHIN_MS = 2_000;

/** The database's file in the data folder. */
export const databaseFile = (folder: string) => join(folder, 'chataway.sqlite');

/** The database was written by a version of ChatAway that knows migrations which this one does not. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';
}

interface OpenOptions {
  /** Called before the schema of a database that holds something is changed; where it fails, nothing is. */
  beforeUpgrade?: (pending: readonly string[]) => Promise<void>;
}

/**
 * Opens the database and brings its schema up to date. All migrations that are due run in one transaction: a process
 * that is killed meanwhile leaves the old schema, not even the lock that Knex takes.
 *
 * @throws {NewerDatabaseError} where a newer version of ChatAway has written it
 */
export async function openDatabase(folder: string, { beforeUpgrade }: OpenOptions = {}): Promise<Database> {
  const database = connect(folder);
  try {
    const done = await migrationsOf(database);
    const known = await knownMigrations();
    const unknown = done.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new NewerDatabaseError(unknown);
    const pending = known.filter((name) => !done.includes(name));
    if (done.length > 0 && pending.length > 0) await beforeUpgrade?.(pending);
    await database.migrate.latest({ migrationSource });
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/**
 * Connects, with the schema as it is.
 *
 * Durability is a matter of these PRAGMAs: with WAL and FULL a commit is on disk when it returns, and only
 * then anything is acknowledged (https://sqlite.org/pragma.html#pragma_synchronous). There is one
 * connection: better-sqlite3 is synchronous, and one writer never meets SQLITE_BUSY.
 */
export function connect(folder: string): Database {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return knex({
    client: 'better-sqlite3',
    connection: { filename: databaseFile(folder) },
    useNullAsDefault: true,
    // An error's words have the statement; with its values they would have messages, too.
    compileSqlOnError: false,
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
}

/** How large the database is on disk, its log included, in bytes. */
export async function sizeOf(folder: string): Promise<number> {
  const file = databaseFile(folder);
  const files = [file, `${file}-wal`].map((name) => stat(name).catch(() => undefined));
  return (await Promise.all(files)).reduce((sum, one) => sum + (one?.size ?? 0), 0);
}

/** Whether the database answers, in so many milliseconds. */
export function answers(database: Database, within = ANSWER_WITHIN_MS): Promise<boolean> {
  const asked = database.raw('select 1').then(
    () => true,
    () => false,
  );
  return Promise.race([asked, sleep(within, false, { ref: false })]);
}

const MIGRATIONS = new URL('./migrations/', import.meta.url);

/** The names of the migrations of this version, in their order. */
export async function knownMigrations(): Promise<string[]> {
  return (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.ts')).sort();
}

/** Knex's own loader asks for extensions that Node does not need here. */
export const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: knownMigrations,
  getMigrationName: (name) => name,
  async getMigration(name) {
    return (await import(new URL(name, MIGRATIONS).href)) as Knex.Migration;
  },
};

const migrationNames = z.array(z.object({ name: z.string() }));

/** The names of the migrations that have been run, in their order. */
async function migrationsOf(database: Database): Promise<string[]> {
  if (!(await database.schema.hasTable('knex_migrations'))) return [];
  const rows: unknown = await database('knex_migrations').select('name').orderBy('id');
  return migrationNames.parse(rows).map(({ name }) => name);
}

/** Whether a statement failed because a row with this unique column (or these) exists. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof Error && error.message.includes(`UNIQUE constraint failed: ${constraint}`);
}
