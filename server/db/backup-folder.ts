import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { isSigned, sign } from './backup-key.ts';
import { knownMigrations } from './database.ts';
import { inspect } from './inspect.ts';
import { hasSchemaOf } from './schema-check.ts';

// A backup is a folder: the database, the certificates where there are some, and a manifest that tells of both.

/** A backup cannot be made, or cannot be used. The message is one sentence for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** What there is to back up cannot be read to its end. */
export class DamagedDatabaseError extends BackupError {}

export const MANIFEST = 'manifest.json';
export const DATABASE = 'chataway.sqlite';
/** The folder of the certificates and of the key of the account with their authority. */
export const CERTIFICATES = 'acme';

const REASONS = ['asked', 'before-upgrade', 'before-restore'] as const;
export type Reason = (typeof REASONS)[number];

/** A path below the backup's folder, of a file that belongs to a backup. */
const path = z
  .string()
  .regex(/^(?:(?!\.{1,2}\/)[\w.-]+\/)*(?!\.{1,2}$)[\w.-]+$/)
  .refine((text) => text === DATABASE || text.startsWith(`${CERTIFICATES}/`));

const contents = z.object({
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
export type Manifest = z.infer<typeof contents>;

/** Null in backups from before signing. */
const signedManifest = z.object({ ...contents.shape, signature: z.string().nullable().default(null) });

export interface Backup {
  readonly folder: string;
  readonly name: string;
  readonly manifest: Manifest;
  /** By the installation that made it; null where there is none. */
  readonly signature: string | null;
}

/** A manifest as it is written, with the signature of this installation. */
export function signedText(dataFolder: string, manifest: Manifest): string {
  const signature = sign(dataFolder, canonical(manifest));
  return `${JSON.stringify({ ...manifest, signature }, null, 2)}\n`;
}

/** The schema's own order of keys, whatever the file's. */
const canonical = (manifest: Manifest): string => JSON.stringify(contents.parse(manifest));

/**
 * A backup decides who is an admin and what everyone's password is, so one from elsewhere is restored only where the
 * operator says that it is to be trusted.
 *
 * @throws {BackupError} where this installation has not made it
 */
export function assertOurs({ folder, manifest, signature }: Backup, dataFolder: string): void {
  if (signature !== null && isSigned(dataFolder, canonical(manifest), signature)) return;
  throw new BackupError(
    `${folder} was not signed by this installation. Whoever made a backup decides who is an admin and what the passwords are. If you made it yourself, on another machine or before an upgrade, restore it with --trust.`,
  );
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
    const { signature, ...manifest } = signedManifest.parse(JSON.parse(text));
    return { folder, name: basename(folder), manifest, signature };
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
 * Reads a backup and checks everything in it: that its files are plain files, their sizes and checksums, that this version
 * knows the database's schema, that nothing but that schema is in it, and its integrity. Whether it is ours is another
 * question: `assertOurs`.
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
  const database = join(folder, DATABASE);
  try {
    if (!(await hasSchemaOf(database, migrations))) throw foreignSchema(folder);
    // Also what it says of itself.
    if (!isDeepStrictEqual(inspect(database).migrations, migrations)) throw foreignSchema(folder);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`The database in ${folder} is damaged: choose another backup.`, { cause: error });
  }
  return backup;
}

const foreignSchema = (folder: string) =>
  new BackupError(
    `The database in ${folder} has other tables, indexes, views or triggers than ChatAway makes: choose another backup.`,
  );

/**
 * Copies a file of a verified backup to its path in another folder, and checks the copy: the backup's folder may have
 * changed since it was verified.
 *
 * @throws {BackupError}
 */
export async function copyVerified({ folder, manifest }: Backup, path: string, to: string): Promise<void> {
  await copyFile(join(folder, path), join(to, path));
  const expected = manifest.files.find((file) => file.path === path);
  if (isDeepStrictEqual(await describeFile(to, path), expected)) return;
  throw new BackupError(`${path} in ${folder} changed while it was restored: nothing was restored.`);
}

/** A file's size and checksum. @throws {Error} where it is none, or is reached through a link. */
export async function describeFile(folder: string, path: string): Promise<Manifest['files'][number]> {
  const steps = path.split('/');
  for (const index of steps.keys()) {
    const found = await lstat(join(folder, ...steps.slice(0, index + 1)));
    const isLast = index === steps.length - 1;
    if (isLast ? !found.isFile() : !found.isDirectory()) throw new Error(`${path} is no plain file`);
  }
  const file = join(folder, path);
  const { size } = await lstat(file);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { path, bytes: size, sha256: hash.digest('hex') };
}
