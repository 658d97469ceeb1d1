// npm run restore -- BACKUP: puts a backup, by its name or its folder, in the place of the present database, of which a
// backup is made first. A server that runs does it itself, and its clients come back. Without an argument it lists what
// there is.
//   --trust  also one that this installation has not signed: made on another machine, or before backups were signed
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { backupsFolder, type Config, loadConfig } from '../config/load.ts';
import { askServer } from '../server/control/control-client.ts';
import { assertOurs, type Backup, listBackups, verifyBackup } from '../server/db/backup-folder.ts';
import { restoreBackup, type Restored } from '../server/db/restore.ts';
import { createLogger } from '../server/logger.ts';
import { openControl } from '../server/start.ts';
import { commandLine } from '../server/where-it-runs.ts';
import { describeBackup, operatorsCommand } from './support/backups.ts';
import { SetupError } from './support/setup-error.ts';

const restored = z.object({ before: z.string().nullable(), aside: z.string().nullable() });
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const WARNING =
  '--trust: this backup is taken as it is. Whoever made it decides who is an admin and what the passwords are.';

await operatorsCommand(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { trust: { type: 'boolean', default: false } },
  });
  const config = loadConfig(process.env);
  const [wanted] = positionals;
  if (wanted === undefined) await list(backupsFolder(config));
  else await restore(wanted, values.trust, config);
});

async function list(backups: string): Promise<void> {
  const found = await listBackups(backups);
  if (found.length === 0)
    throw new SetupError(`There are no backups in ${backups}: make one with "${commandLine('backup')}".`);
  for (const backup of found) console.log(`${backup.name}  ${describeBackup(backup)}`);
  console.log(`Restore one with: ${commandLine('restore', 'NAME')}`);
}

async function restore(wanted: string, trust: boolean, config: Config): Promise<void> {
  const byName = join(backupsFolder(config), wanted);
  const backup = await verifyBackup(existsSync(byName) ? resolve(byName) : resolve(wanted));
  if (trust) console.log(WARNING);
  else assertOurs(backup, config.DATA_DIR);
  console.log(`Restoring ${backup.folder}: ${describeBackup(backup)} ...`);
  const { before, aside } = (await byServer(backup, trust, config)) ?? (await here(backup, config));
  const kept = before === null ? '' : ` What was there before is the backup ${before}.`;
  const damaged = aside === null ? '' : ` What was there before is damaged, and lies in ${aside}.`;
  console.log(`Restored.${kept}${damaged}`);
}

/** Undefined where none runs. */
async function byServer(
  { folder }: Backup,
  trust: boolean,
  { DATA_DIR }: Config,
): Promise<Restored | undefined> {
  const answer = await askServer(DATA_DIR, 'restore', { folder, trust }).catch((error: unknown) => {
    throw new SetupError('The server ended before it told what came of it: its log tells more.', {
      cause: error,
    });
  });
  if (answer === undefined || answer.status === 200) return answer && restored.parse(answer.body);
  const { code, message } = refusal.parse(answer.body).error;
  if (code === 'unknown_method') throw new SetupError('The server is only starting: try again in a moment.');
  if (code === 'internal') throw new SetupError('The server could not do it: its log tells why.');
  throw new SetupError(message);
}

/** No server starts meanwhile: the door is taken. */
async function here(backup: Backup, config: Config): Promise<Restored> {
  const control = await openControl(config, createLogger('warn'));
  try {
    return await restoreBackup({ backup, folder: config.DATA_DIR, backups: backupsFolder(config) });
  } finally {
    await control.close();
  }
}
