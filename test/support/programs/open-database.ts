// Opens the database of a data folder, which brings its schema up to date.
import { writeSync } from 'node:fs';
import { openDatabase } from '../../../server/db/database.ts';

writeSync(1, 'opening\n');
const database = await openDatabase(process.argv[2] ?? '');
await database.destroy();
