import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { addressOfHost } from '../server/ip-address.ts';
import { schema, type Settings } from './schema.ts';

/** The settings, frozen: parsed once at start and never changed. */
export type Config = Readonly<Settings>;

/** A setting is wrong. The message is one sentence that names the key and says what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const KEYS = Object.keys(schema.shape);

/**
 * Variables that begin with the first word of a setting and are none are taken for mistyped settings. Other programs'
 * variables stand in the same environment, and some of these words are theirs as well (`HOSTNAME`, `LOG_DIR`).
 */
const COMMON_WORDS = ['PORT', 'HOST', 'DATA_', 'LOG_'];
const OUR_WORDS = KEYS.map((key) => key.replace(/_.*/, '_')).filter((word) => !COMMON_WORDS.includes(word));

/** Settings that are not repeated, not even where they are wrong. */
const SECRETS = ['TURN_SECRET', 'METRICS_TOKEN'];

/** Settings that name a file or folder already: a file with that name in it would only be mistaken for it. */
const PATHS = ['DATA_DIR', 'BACKUP_DIR', 'TURN_DIR', 'TLS_CERT', 'TLS_KEY'];
const FILE_NAMES = new Map(KEYS.filter((key) => !PATHS.includes(key)).map((key) => [`${key}_FILE`, key]));

/** Whoever listens on one of these listens on every address. */
const WILDCARDS = ['0.0.0.0', '::'];

/** The folder of the backups. */
export const backupsFolder = ({ BACKUP_DIR, DATA_DIR }: Config): string =>
  BACKUP_DIR ?? join(DATA_DIR, 'backups');

/** What the media ports take. */
export const mediaProtocols = ({ MEDIA_TCP }: Config) =>
  MEDIA_TCP === 'on' ? (['udp', 'tcp'] as const) : (['udp'] as const);

/** Where the page is on this machine; PUBLIC_URL is where it is for people. */
export function ownAddress({ HOST, TLS_CERT, ACME, PORT }: Config): string {
  const scheme = TLS_CERT === undefined && ACME === 'off' ? 'http' : 'https';
  const host = HOST === undefined || WILDCARDS.includes(HOST) ? 'localhost' : HOST;
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${PORT}`;
}

/** The path below which people find the page, such as `/chat`; empty at the root of a host. */
export const basePath = ({ PUBLIC_URL }: Config): string => PUBLIC_URL?.pathname.replace(/\/$/, '') ?? '';

/** Where the page is for people, without a slash at the end. */
export const pageAddress = (config: Config): string =>
  config.PUBLIC_URL ? config.PUBLIC_URL.origin + basePath(config) : ownAddress(config);

/**
 * Parses the environment into the settings.
 *
 * @throws {ConfigError} for a wrong or unknown setting, or a `_FILE` that cannot be read.
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    const inFile = FILE_NAMES.get(name);
    if (KEYS.includes(name)) {
      values[name] = value;
    } else if (inFile !== undefined) {
      values[inFile] = readValue(name, value);
    } else if (OUR_WORDS.some((word) => name.startsWith(word))) {
      throw new ConfigError(`${name} is not a setting of ChatAway; the settings are ${KEYS.join(', ')}.`);
    }
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = String(issue?.path[0]);
    // What stands in a file may be a secret, too.
    const told =
      environment[key] === undefined || SECRETS.includes(key) ? '' : `; it is ${JSON.stringify(values[key])}`;
    throw new ConfigError(`${key} ${issue?.message ?? 'is wrong'}${told}.`);
  }
  const config = parsed.data;
  if ((config.TLS_CERT === undefined) !== (config.TLS_KEY === undefined)) {
    const missing = config.TLS_CERT === undefined ? 'TLS_CERT' : 'TLS_KEY';
    throw new ConfigError(`${missing} is missing: HTTPS needs both TLS_CERT and TLS_KEY.`);
  }
  if (config.ACME === 'on') assertAcme(config);
  assertTurn(config);
  return Object.freeze(config);
}

/** @throws {ConfigError} where there is nothing to get a certificate for, or there is one already. */
function assertAcme({ PUBLIC_URL, TLS_CERT }: Settings): void {
  if (TLS_CERT !== undefined) {
    throw new ConfigError(
      'ACME is on and TLS_CERT is set: the certificate comes from one of them, leave the other out.',
    );
  }
  const name = PUBLIC_URL?.hostname;
  if (PUBLIC_URL?.protocol !== 'https:' || name === undefined || addressOfHost(name) !== undefined) {
    throw new ConfigError('PUBLIC_URL is missing: ACME needs it as https:// and the name of this server.');
  }
}

/** @throws {ConfigError} where a relay that runs elsewhere could not be told how, or had no clients. */
function assertTurn({ TURN, TURN_HOST, TURN_DIR, TLS_CERT, ACME }: Settings): void {
  if ((TURN_HOST === undefined) !== (TURN_DIR === undefined)) {
    const missing = TURN_HOST === undefined ? 'TURN_HOST' : 'TURN_DIR';
    throw new ConfigError(
      `${missing} is missing: a relay that runs elsewhere needs both TURN_HOST and TURN_DIR.`,
    );
  }
  if (TURN === 'on' && TURN_HOST !== undefined && TLS_CERT === undefined && ACME === 'off') {
    throw new ConfigError(
      'TURN_HOST is set and there is no certificate: clients reach that relay over TLS alone, set TLS_CERT or ACME.',
    );
  }
}

function readValue(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new ConfigError(`${name} names ${file}, which cannot be read (${String(error)}).`);
  }
}
