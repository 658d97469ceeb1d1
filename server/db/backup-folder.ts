import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { knownMigrations } from './database.ts';
import { inspect } from './inspect.ts';

// A backup is a folder: the database, the certificates where there are some, and a manifest that tells of both.

/** A backup cannot be made, or cannot be used. The message is one sentence for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** What there is to back up cannot be read to its end. */
export class DamagedDatabaseError extends BackupError {}

export const MANIFEST = 'manifest.json';
export const DATABASE = 'chataway.sqlite';

const REASONS = ['asked', 'before-upgrade', 'before-restore'] as const;
export type Reason = (typeof REASONS)[number];

/** A path below the backup's folder. */
const path = z.string().regex(/^(?:(?!\.{1,2}\/)[\w.-]+\/)*(?!\.{1,2}$)[\w.-]+$/);

const manifest = z.object({
  format: z.literal(1),
  /** The version of ChatAway that made it. */
  version: z.string(),
  madeAt: z.iso.datetime(),
  reason: z.enum(REASONS),
  /** What the database's schema is: the names of the migrations that were run. */
  migrations: z.array(z.string()).min(1),
  /** Null where the schema is older than epochs. */
  epoch: z.string().nullable(),
  counts: z.object({ accounts: z.int(), conversations: z.int(), messages: z.int() }),
  files: z.array(z.object({ path, bytes: z.int(), sha256: z.string() })),
});
export type Manifest = z.infer<typeof manifest>;

export interface Backup {
  readonly folder: string;
  readonly name: string;
  readonly manifest: Manifest;
}

/** By the time in UTC, so that names sort as they were made. */
export function backupName(madeAt: Date, reason: Reason): string {
  const time = madeAt.toISOString().replaceAll(':', '-');
  return reason === 'asked' ? time : `${time}-${reason}`;
}

const NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z(-before-(upgrade|restore))?$/;

/** The whole backups in a folder, the oldest first. */
export async function listBackups(folder: string): Promise<Backup[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const backups: Backup[] = [];
  for (const name of names.filter((one) => NAME.test(one)).sort()) {
    const found = await readBackup(join(folder, name)).catch(() => undefined);
    if (found) backups.push(found);
  }
  return backups;
}

/** Removes all but the newest backups of a folder, and tells the names of those that went. */
export async function keepNewest(folder: string, keep: number): Promise<string[]> {
  const backups = await listBackups(folder);
  const old = backups.slice(0, Math.max(0, backups.length - keep));
  for (const { folder: one, name } of old) {
    // Under another name first: half a backup is none.
    const going = join(folder, `.going-${name}`);
    await rename(one, going);
    await rm(going, { recursive: true });
  }
  return old.map(({ name }) => name);
}

/** Reads what a backup says of itself. @throws {BackupError} */
export async function readBackup(folder: string): Promise<Backup> {
  try {
    const text = await readFile(join(folder, MANIFEST), 'utf8');
    return { folder, name: basename(folder), manifest: manifest.parse(JSON.parse(text)) };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new BackupError(
      missing
        ? `${folder} is no backup: it has no ${MANIFEST}.`
        : `${folder} has a ${MANIFEST} that this version of ChatAway cannot read: choose another backup.`,
      { cause: error },
    );
  }
}

/**
 * Reads a backup and checks everything in it: sizes and checksums, the database's integrity, and that this version
 * knows its schema.
 *
 * @throws {BackupError}
 */
export async function verifyBackup(folder: string): Promise<Backup> {
  const backup = await readBackup(folder);
  const { files, migrations, version } = backup.manifest;
  if (!files.some((file) => file.path === DATABASE)) {
    throw new BackupError(`${folder} has no database: choose another backup.`);
  }
  for (const { path, bytes, sha256 } of files) {
    const found = await describeFile(folder, path).catch(() => undefined);
    if (found?.bytes !== bytes || found.sha256 !== sha256) {
      throw new BackupError(`${path} in ${folder} is missing or damaged: choose another backup.`);
    }
  }
  const known = await knownMigrations();
  if (migrations.some((name) => !known.includes(name))) {
    throw new BackupError(
      `${folder} was made by a newer ChatAway (${version}): restore it with that version, or choose another backup.`,
    );
  }
  try {
    inspect(join(folder, DATABASE));
  } catch (error) {
    throw new BackupError(`The database in ${folder} is damaged: choose another backup.`, { cause: error });
  }
  return backup;
}

export async function describeFile(folder: string, path: string): Promise<Manifest['files'][number]> {
  const hash = createHash('sha256');
  const file = join(folder, path);
  await pipeline(createReadStream(file), hash);
  return { path, bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}
