import Connection from 'better-sqlite3';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  type Backup,
  BackupError,
  backupName,
  CERTIFICATES,
  DamagedDatabaseError,
  DATABASE,
  describeFile,
  listBackups,
  MANIFEST,
  type Manifest,
  readBackup,
  type Reason,
  signedText,
  verifyBackup,
} from './backup-folder.ts';
import { databaseFile } from './database.ts';
import { type Contents, inspect } from './inspect.ts';

export interface BackupOptions {
  /** The data folder. */
  folder: string;
  /** Where backups lie. */
  backups: string;
  reason: Reason;
}

/** What begins like this is unfinished; after so long nobody works on it any more. */
const PARTIAL = '.partial-';
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Makes a backup of a data folder, whether or not a server runs on it: everything that was committed before is in it.
 * It is there whole and checked, on disk and under its name, or not at all. Before an upgrade one that has the same is
 * kept in its stead: an upgrade that fails, and is tried again and again, would fill the disk.
 *
 * The secret that signs cookies is not in it: sessions are not restored (`restore.ts`), so it would only be stolen. Nor is
 * the key that signs the manifest.
 *
 * @throws {BackupError} where there is nothing to back up, or no room
 * @throws {DamagedDatabaseError}
 */
export async function makeBackup({ folder, backups, reason }: BackupOptions): Promise<Backup> {
  if (!existsSync(databaseFile(folder))) {
    throw new BackupError(`There is no database in ${folder}: set DATA_DIR to the folder of your server.`);
  }
  await mkdir(backups, { recursive: true, mode: 0o700 });
  await clear(backups);
  const madeAt = new Date();
  const name = backupName(madeAt, reason);
  const partial = join(backups, `${PARTIAL}${name}-${process.pid}`);
  await mkdir(partial, { mode: 0o700 });
  try {
    const contents = copyDatabase(folder, join(partial, DATABASE));
    const paths = [DATABASE, ...(await copyFiles(folder, partial, CERTIFICATES))];
    const manifest: Manifest = {
      format: 1,
      version,
      madeAt: madeAt.toISOString(),
      reason,
      ...contents,
      files: [],
    };
    for (const path of paths) {
      await settle(join(partial, path), 0o600);
      manifest.files.push(await describeFile(partial, path));
    }
    const same = reason === 'before-upgrade' ? await findSame(manifest, backups) : undefined;
    if (same !== undefined) {
      await rm(partial, { recursive: true });
      return same;
    }
    await writeFile(join(partial, MANIFEST), signedText(folder, manifest), { mode: 0o600, flush: true });
    await settle(partial);
    await rename(partial, join(backups, name));
    await settle(backups);
    return await readBackup(join(backups, name));
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** One for the same reason, whole, with the same files to the byte: `vacuum into` writes what has not changed alike. */
async function findSame({ reason, files }: Manifest, backups: string): Promise<Backup | undefined> {
  for (const backup of await listBackups(backups)) {
    const { manifest } = backup;
    if (manifest.reason !== reason || !isDeepStrictEqual(manifest.files, files)) continue;
    const whole = await verifyBackup(backup.folder).catch(() => undefined);
    if (whole !== undefined) return whole;
  }
  return undefined;
}

/** One reading transaction: what others commit meanwhile neither disturbs it nor gets into it. */
function copyDatabase(folder: string, to: string): Contents {
  try {
    const connection = new Connection(databaseFile(folder), { readonly: true, fileMustExist: true });
    try {
      connection.prepare('vacuum into ?').run(to);
    } finally {
      connection.close();
    }
    return inspect(to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'SQLITE_FULL') throw new BackupError(`There is no room for the backup: ${to}.`);
    if (code.startsWith('SQLITE_') && !/^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(code)) throw error;
    throw new DamagedDatabaseError(`The database in ${folder} is damaged: restore the latest backup.`, {
      cause: error,
    });
  }
}

/** Copies the files of a folder and of those in it, and returns their paths. */
async function copyFiles(from: string, to: string, path: string): Promise<string[]> {
  const source = join(from, path);
  if (!existsSync(source)) return [];
  await mkdir(join(to, path), { mode: 0o700 });
  const copied: string[] = [];
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) {
      copied.push(...(await copyFiles(from, to, inner)));
    } else if (entry.isFile() && !entry.name.endsWith('.new')) {
      await copyFile(join(from, inner), join(to, inner));
      copied.push(inner);
    }
  }
  await settle(join(to, path));
  return copied;
}

/** Has a file's content, or a folder's entries, on disk. */
export async function settle(path: string, mode?: number): Promise<void> {
  if (mode !== undefined) await chmod(path, mode);
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what a backup that was killed has left. */
async function clear(backups: string): Promise<void> {
  for (const name of await readdir(backups)) {
    const path = join(backups, name);
    const left = name.startsWith(PARTIAL) && (await stat(path)).mtimeMs < Date.now() - ABANDONED_AFTER_MS;
    if (left || name.startsWith('.going-')) await rm(path, { recursive: true, force: true });
  }
}

const version = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version;
