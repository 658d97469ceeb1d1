import Connection from 'better-sqlite3';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyBackup } from '../../server/db/backup-folder.ts';
import { makeBackup } from '../../server/db/backup.ts';
import { databaseFile } from '../../server/db/database.ts';
import { inspect } from '../../server/db/inspect.ts';
import { restoreBackup } from '../../server/db/restore.ts';
import { addOneMessage, makeDatabase } from '../support/database-state.ts';
import { temporaryFolder } from '../support/folder.ts';

test('a restore beside a program that writes says that nothing has changed, and works once that is gone', async () => {
  await using data = await temporaryFolder();
  const folder = data.path;
  const backups = join(folder, 'backups');
  await makeDatabase(folder, { upTo: '0003-operating.ts', messages: 10 });
  const { folder: place } = await makeBackup({ folder, backups, reason: 'asked' });
  const backup = await verifyBackup(place);
  await addOneMessage(folder);
  const before = inspect(databaseFile(folder));

  const other = new Connection(databaseFile(folder));
  other.prepare('begin immediate').run();
  const refused = restoreBackup({ backup, folder, backups });
  await expect(refused).rejects.toThrow('Another program is writing to the database');
  expect(inspect(databaseFile(folder))).toEqual(before);
  other.prepare('rollback').run();
  other.close();

  await restoreBackup({ backup, folder, backups });
  const after = inspect(databaseFile(folder));
  expect(after.counts.messages).toBe(10);
  expect(after.epoch).not.toBe(before.epoch);
});
