import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from '../logger.ts';
import { checkedCertificate, type Certificate, type CertificateSource } from './certificate.ts';

const LOOK_EVERY_MS = 60_000;

export interface CertificateFilesOptions {
  readonly certFile: string;
  readonly keyFile: string;
  readonly logger: Logger;
  readonly lookEveryMs?: number;
}

/**
 * A certificate in two files that someone else renews. They are read again every minute: that is two small reads,
 * and holds through links, renames and network folders, where watching does not. What is no good pair, as while it
 * is being written, changes nothing.
 */
export class CertificateFiles implements CertificateSource {
  readonly #options: CertificateFilesOptions;
  readonly #listeners: ((certificate: Certificate) => void)[] = [];
  #current: Certificate;
  /** Why the files were not taken when they were last read. */
  #refusal: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws {Error} where the files cannot be read, or are no certificate and its key. */
  constructor(options: CertificateFilesOptions) {
    this.#options = options;
    this.#current = checkedCertificate(
      readFileSync(options.certFile, 'utf8'),
      readFileSync(options.keyFile, 'utf8'),
    );
  }

  get current(): Certificate {
    return this.#current;
  }

  onChange(listener: (certificate: Certificate) => void): void {
    this.#listeners.push(listener);
  }

  challenge(): undefined {
    return undefined;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), this.#options.lookEveryMs ?? LOOK_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Reads the files now; never rejects. */
  async look(): Promise<void> {
    const { certFile, keyFile, logger } = this.#options;
    try {
      const cert = await readFile(certFile, 'utf8');
      const key = await readFile(keyFile, 'utf8');
      const isNew = cert !== this.#current.cert || key !== this.#current.key;
      const certificate = isNew ? checkedCertificate(cert, key) : this.#current;
      this.#refusal = undefined;
      if (!isNew) return;
      this.#current = certificate;
      logger.info({ certFile }, 'the certificate was replaced, and the new one is served');
      for (const listener of this.#listeners) listener(certificate);
    } catch (error) {
      const refusal = String(error);
      if (refusal === this.#refusal) return;
      this.#refusal = refusal;
      logger.warn(
        { err: error, certFile, keyFile },
        'the certificate files changed and are no certificate with its key: the old one is served on',
      );
    }
  }
}
