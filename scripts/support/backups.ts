import { ConfigError } from '../../config/load.ts';
import { type Backup, BackupError } from '../../server/db/backup-folder.ts';
import { StartError } from '../../server/start-error.ts';
import { command, SetupError } from './setup-error.ts';

/** Runs a command on the server's data: what it writes is its owner's alone. */
export async function operatorsCommand(body: () => Promise<void>): Promise<void> {
  process.umask(0o077);
  await command(async () => {
    try {
      await body();
    } catch (error) {
      const told = [BackupError, ConfigError, StartError].some((kind) => error instanceof kind);
      // What Node's parser of arguments says is a sentence, too.
      const wrong =
        error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
      if (error instanceof Error && (told || wrong)) throw new SetupError(error.message, { cause: error });
      throw error;
    }
  });
}

/** What is in it, in a few words. */
export function describeBackup({ manifest }: Backup): string {
  const { counts, files, version, reason } = manifest;
  const mib = files.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20;
  const why = { asked: '', 'before-upgrade': ', before an upgrade', 'before-restore': ', before a restore' };
  return `ChatAway ${version}${why[reason]}, ${counts.accounts} accounts, ${counts.messages} messages, ${mib.toFixed(1)} MiB`;
}
