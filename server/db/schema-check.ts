import Connection from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { connect, databaseFile, migrationSource } from './database.ts';

const objects = z.array(
  z.object({ type: z.string(), name: z.string(), tbl_name: z.string(), sql: z.string().nullable() }),
);

/**
 * Whether a database has the tables and indexes that these migrations make, and nothing else. A trigger, a view or a
 * generated column would be run by every statement that we send.
 */
export async function hasSchemaOf(file: string, migrations: readonly string[]): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'chataway-schema-'));
  try {
    const database = connect(folder);
    try {
      const source = { ...migrationSource, getMigrations: () => Promise.resolve([...migrations]) };
      await database.migrate.latest({ migrationSource: source });
    } finally {
      await database.destroy();
    }
    return isDeepStrictEqual(schemaOf(file), schemaOf(databaseFile(folder)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The tables of the planner's statistics, exactly as `analyze` makes them. */
const STATISTICS = [
  'CREATE TABLE sqlite_stat1(tbl,idx,stat)',
  'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)',
];

/**
 * What is in a database, but for the planner's statistics, which any `analyze` makes. They are told by their statement and
 * not by their name: a damaged or forged file may have a trigger under any name.
 */
function schemaOf(file: string): z.infer<typeof objects> {
  const connection = new Connection(file, { readonly: true, fileMustExist: true });
  try {
    connection.pragma('trusted_schema = off');
    return objects
      .parse(
        connection.prepare('select type, name, tbl_name, sql from sqlite_schema order by type, name').all(),
      )
      .filter(({ sql }) => sql === null || !STATISTICS.includes(sql));
  } finally {
    connection.close();
  }
}
