import { openDatabase, type Database } from '../../server/db/database.ts';

/** Works on a server's database by the side of the server: for states that time alone would bring. */
export async function withDatabase<T>(dataDir: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(dataDir);
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}
