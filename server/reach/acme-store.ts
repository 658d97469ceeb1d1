import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey } from './acme-x509.ts';
import { checkedCertificate, type Certificate } from './certificate.ts';

const KEY_BEGINS = '-----BEGIN PRIVATE KEY-----';

/**
 * What outlives a restart: the account's key, and the certificate with its key, which stand in one file so that
 * they are always a pair. Each authority has a folder of its own: what one of them issued for a trial never stands
 * in for another's.
 */
export class AcmeStore {
  readonly #folder: string;
  readonly #accountKeyFile: string;
  readonly #certificateFile: string;

  /** @param domain - it becomes the name of a file, so it must be a valid domain name. */
  constructor({ folder, directoryUrl, domain }: { folder: string; directoryUrl: string; domain: string }) {
    this.#folder = join(folder, directoryUrl.replace(/^https:\/\//, '').replaceAll(/[^\w.-]+/g, '_'));
    this.#accountKeyFile = join(this.#folder, 'account-key.pem');
    this.#certificateFile = join(this.#folder, `${domain}.pem`);
  }

  /** The private key of the account, made where there is none, in PEM. */
  accountKey(): string {
    const kept = read(this.#accountKeyFile);
    if (kept !== undefined) return kept;
    const key = makeKey();
    this.#write(this.#accountKeyFile, key);
    return key;
  }

  /** @throws {Error} where what was kept cannot be read, or is damaged. */
  certificate(): Certificate | undefined {
    const kept = read(this.#certificateFile);
    if (kept === undefined) return undefined;
    const middle = kept.indexOf(KEY_BEGINS);
    return checkedCertificate(kept.slice(0, middle), kept.slice(middle));
  }

  keep({ cert, key }: Certificate): void {
    this.#write(this.#certificateFile, `${cert.trimEnd()}\n${key}`);
  }

  /** Whole or not at all, whatever happens meanwhile. */
  #write(file: string, text: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const unfinished = `${file}.new`;
    writeFileSync(unfinished, text, { mode: 0o600, flush: true });
    renameSync(unfinished, file);
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
