import Connection from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SqlAuditRepository } from './audit-repository.ts';
import { makeBackup, settle } from './backup.ts';
import {
  type Backup,
  BackupError,
  CERTIFICATES,
  copyVerified,
  DamagedDatabaseError,
  DATABASE,
} from './backup-folder.ts';
import { connect, databaseFile, openDatabase } from './database.ts';
import { inspect } from './inspect.ts';
import { beginAnew } from './new-epoch.ts';

export interface RestoreOptions {
  /** Verified. */
  backup: Backup;
  /** The data folder, on which no server works meanwhile. */
  folder: string;
  /** Where backups lie. */
  backups: string;
}

export interface Restored {
  /** The backup of what was there before; null where nothing was, or it was damaged. */
  before: string | null;
  /** Where a damaged database was put. */
  aside: string | null;
}

const WORK = '.restore-';
const REPLACE_TRIES = 25;
const REPLACE_AGAIN_MS = 200;

/**
 * Puts the database of a backup in the place of the present one, of which a backup is made first. A process that is
 * killed meanwhile leaves the one or the other, whole. See README.md for what becomes of sessions and calls.
 *
 * @throws {BackupError} where the present database can be read and yet not be backed up
 */
export async function restoreBackup({ backup, folder, backups }: RestoreOptions): Promise<Restored> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    if (name.startsWith(WORK)) await rm(join(folder, name), { recursive: true });
  }
  const present = await keepPresent(folder, backups);
  const work = await mkdtemp(join(folder, WORK));
  try {
    const prepared = databaseFile(work);
    await copyVerified(backup, DATABASE, work);
    const database = await openDatabase(work);
    try {
      await beginAnew(database, present.state === 'whole' ? databaseFile(folder) : null);
      const details = { backup: backup.name };
      const entry = { at: Date.now(), actor: null, action: 'restore', subject: null, details };
      await new SqlAuditRepository(database).append(entry);
    } finally {
      await database.destroy();
    }
    await settle(prepared, 0o600);
    await restoreCertificates(backup, folder, work);
    const aside = present.state === 'whole' ? null : await place(prepared, folder);
    if (present.state === 'whole') await replace(prepared, folder);
    inspect(databaseFile(folder));
    return { before: present.before, aside };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function keepPresent(
  folder: string,
  backups: string,
): Promise<{ state: 'whole'; before: string } | { state: 'none' | 'damaged'; before: null }> {
  if (!existsSync(databaseFile(folder))) return { state: 'none', before: null };
  try {
    const { name } = await makeBackup({ folder, backups, reason: 'before-restore' });
    return { state: 'whole', before: name };
  } catch (error) {
    if (!(error instanceof DamagedDatabaseError)) throw error;
    return { state: 'damaged', before: null };
  }
}

/**
 * Has SQLite copy it into the live file, in one transaction: whoever reads there, and whatever log a killed server has
 * left beside it, is taken care of by SQLite's own locks and recovery.
 */
async function replace(prepared: string, folder: string): Promise<void> {
  const file = databaseFile(folder);
  const { epoch } = inspect(prepared);
  const source = new Connection(prepared, { readonly: true, fileMustExist: true });
  try {
    // Where another program is writing, SQLite copies nothing, and the library takes that for done.
    for (let tries = 1; ; tries++) {
      await source.backup(file);
      if (inspect(file).epoch === epoch) break;
      if (tries === REPLACE_TRIES) {
        throw new BackupError(
          'Another program is writing to the database: end it, then restore again. Nothing has changed.',
        );
      }
      await pause(REPLACE_AGAIN_MS);
    }
  } finally {
    source.close();
  }
  // The copy's own connection does not wait for the disk.
  const database = connect(folder);
  try {
    await database.raw('pragma wal_checkpoint(truncate)');
  } finally {
    await database.destroy();
  }
}

/** Where nothing was, or nothing that can be used: by its name. A log of the old file must not meet the new one. */
async function place(prepared: string, folder: string): Promise<string | null> {
  const file = databaseFile(folder);
  let aside: string | null = null;
  for (const old of [`${file}-wal`, `${file}-shm`, file]) {
    if (!existsSync(old)) continue;
    aside ??= await mkdtemp(join(folder, 'damaged-'));
    const kept = join(aside, basename(old));
    // The file itself stays until it is replaced: without one, a server would begin with an empty database.
    await (old === file ? link : rename)(old, kept);
  }
  await settle(folder);
  await rename(prepared, file);
  await settle(folder);
  return aside;
}

/** Only where there are none: those that are there are newer. */
async function restoreCertificates(backup: Backup, folder: string, work: string): Promise<void> {
  if (existsSync(join(folder, CERTIFICATES))) return;
  // What the manifest names and `verifyBackup` has looked at, and nothing else that lies there.
  const paths = backup.manifest.files.map(({ path }) => path).filter((path) => path !== DATABASE);
  for (const path of paths) {
    await mkdir(dirname(join(work, path)), { recursive: true, mode: 0o700 });
    await copyVerified(backup, path, work);
    await settle(join(work, path), 0o600);
  }
  if (paths.length > 0) await rename(join(work, CERTIFICATES), join(folder, CERTIFICATES));
}
