// npm run backup: makes a backup of the data folder, whether or not the server runs.
//   --to FOLDER  where to; the default is the setting BACKUP_DIR
//   --keep N     then removes all but the N newest backups there
import { parseArgs } from 'node:util';
import { backupsFolder, loadConfig } from '../config/load.ts';
import { makeBackup } from '../server/db/backup.ts';
import { keepNewest } from '../server/db/backup-folder.ts';
import { describeBackup, operatorsCommand } from './support/backups.ts';
import { SetupError } from './support/setup-error.ts';

await operatorsCommand(async () => {
  const { values: options } = parseArgs({ options: { to: { type: 'string' }, keep: { type: 'string' } } });
  if (options.keep !== undefined && !/^[1-9]\d*$/.test(options.keep)) {
    throw new SetupError('--keep must be a number of backups, 1 or more.');
  }
  const config = loadConfig(process.env);
  const backups = options.to ?? backupsFolder(config);
  const backup = await makeBackup({ folder: config.DATA_DIR, backups, reason: 'asked' });
  const gone = options.keep === undefined ? [] : await keepNewest(backups, Number(options.keep));
  const removed = gone.length > 0 ? ` Removed: ${gone.join(', ')}.` : '';
  console.log(`Backed up to ${backup.folder}: ${describeBackup(backup)}.${removed}`);
});
