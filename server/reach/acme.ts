import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import { AcmeClient, AcmeError } from './acme-client.ts';
import { AcmeStore } from './acme-store.ts';
import { certificateRequest, makeKey, makeSelfSigned } from './acme-x509.ts';
import { checkedCertificate, type Certificate, type CertificateSource } from './certificate.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A certificate is renewed when this much of its life is left. */
const RENEWED_AT = 1 / 3;
/** Short enough that neither a machine that slept nor a clock that was set matters. */
export const LOOK_EVERY_MS = HOUR_MS;
/** After failures; the last one holds on. Let's Encrypt suffers five failed proofs of a name an hour. */
const PAUSES_MS = [1, 5, 15, 60].map((minutes) => minutes * MINUTE_MS);
/** Pauses are longer by up to this share of themselves, so that not everyone comes back at once. */
const JITTER = 0.2;
/** An authority may ask for days; but then the operator may long have mended what was wrong. */
const LONGEST_PAUSE_MS = 24 * HOUR_MS;

export interface AcmeOptions {
  /** The name of the server, in lower case: it must lead to this server's port 443. */
  readonly domain: string;
  readonly directoryUrl: string;
  /** Where the authority may write to. */
  readonly email?: string | undefined;
  /** The roots of a private authority, in PEM; the default is those that browsers know. */
  readonly ca?: string | undefined;
  /** Where keys and certificates are kept. */
  readonly folder: string;
  readonly logger: Logger;
  /** In milliseconds. Tests let it run ahead. */
  readonly now?: () => number;
  readonly lookEveryMs?: number;
  readonly pausesMs?: readonly number[];
}

/**
 * A certificate of an ACME authority, by default of Let's Encrypt, obtained and renewed in the background. Until the
 * first one is there a self-signed one is served, because the proof needs a listener. Making one of these is the
 * operator's consent to the authority's terms.
 */
export class AcmeCertificate implements CertificateSource {
  readonly #options: AcmeOptions;
  readonly #store: AcmeStore;
  readonly #listeners: ((certificate: Certificate) => void)[] = [];
  readonly #closing = new AbortController();
  #current: Certificate;
  /** When a new one is due; at once, where there is only a self-signed one. */
  #renewAt = 0;
  #challenge: Certificate | undefined;
  /** In a row. */
  #failures = 0;
  #isStarted = false;

  constructor(options: AcmeOptions) {
    this.#options = options;
    this.#store = new AcmeStore(this.#options);
    const kept = this.#kept();
    if (kept) this.#renewAt = renewalOf(kept);
    this.#current = kept ?? makeSelfSigned(options.domain);
  }

  get current(): Certificate {
    return this.#current;
  }

  onChange(listener: (certificate: Certificate) => void): void {
    this.#listeners.push(listener);
  }

  challenge(serverName: string): Certificate | undefined {
    return serverName.toLowerCase() === this.#options.domain ? this.#challenge : undefined;
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#run();
  }

  close(): void {
    this.#closing.abort();
  }

  /** What was kept, where it is still of use. */
  #kept(): Certificate | undefined {
    const { domain, logger } = this.#options;
    try {
      const kept = this.#store.certificate();
      return kept && isFor(kept, domain) && this.#now() < lifeOf(kept).end ? kept : undefined;
    } catch (error) {
      logger.warn(
        { err: error, domain },
        'the certificate that was kept cannot be used: a new one is ordered',
      );
      return undefined;
    }
  }

  /** Sees to it, until the end, that the certificate is a good one. */
  async #run(): Promise<void> {
    const { lookEveryMs = LOOK_EVERY_MS } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const pause = this.#now() < this.#renewAt ? lookEveryMs : ((await this.#attempt()) ?? lookEveryMs);
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Where it fails it says why, and returns how long to wait, in milliseconds. */
  async #attempt(): Promise<number | undefined> {
    try {
      await this.#renew();
      this.#failures = 0;
      return undefined;
    } catch (error) {
      const pause = this.#pauseAfter(error, this.#failures++);
      if (!this.#closing.signal.aborted) this.#explain(error, pause);
      return pause;
    }
  }

  async #renew(): Promise<void> {
    const { domain, directoryUrl, email, ca, logger } = this.#options;
    const accountKey = this.#store.accountKey();
    const { signal } = this.#closing;
    const client = new AcmeClient({ directoryUrl, accountKey, email, ca, signal });
    const key = makeKey();
    try {
      const cert = await client.obtain({
        domain,
        certificateRequest: certificateRequest(domain, key),
        onChallenge: (acmeIdentifier) => (this.#challenge = makeSelfSigned(domain, { acmeIdentifier })),
      });
      const certificate = checkedCertificate(cert, key);
      if (!isFor(certificate, domain)) throw new AcmeError('the certificate is for another name');
      this.#store.keep(certificate);
      this.#current = certificate;
      this.#renewAt = renewalOf(certificate);
    } finally {
      this.#challenge = undefined;
    }
    const until = new Date(lifeOf(this.#current).end).toISOString();
    logger.info({ domain, until }, 'a new certificate was obtained and is served');
    for (const listener of this.#listeners) listener(this.#current);
  }

  #pauseAfter(error: unknown, failures: number): number {
    const { pausesMs = PAUSES_MS } = this.#options;
    const pause = pausesMs[Math.min(failures, pausesMs.length - 1)] ?? HOUR_MS;
    const asked = error instanceof AcmeError ? (error.retryAfterMs ?? 0) : 0;
    return Math.min(Math.max(pause * (1 + Math.random() * JITTER), asked), LONGEST_PAUSE_MS);
  }

  /** The one line by which the operator learns of it. */
  #explain(error: unknown, pause: number): void {
    const { domain, directoryUrl, logger } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    const minutes = Math.ceil(pause / MINUTE_MS);
    const served = this.#renewAt === 0 ? 'a self-signed one' : 'the old one';
    logger.warn(
      { err: error, domain, directoryUrl },
      `no new certificate for ${domain}: ${reason}; ${served} is served, and the next try is in ${minutes} min`,
    );
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function isFor({ cert }: Certificate, domain: string): boolean {
  return new X509Certificate(cert).checkHost(domain) !== undefined;
}

/** From when to when a certificate is valid, in milliseconds. */
export function lifeOf({ cert }: Certificate): { begin: number; end: number } {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  return { begin: validFromDate.getTime(), end: validToDate.getTime() };
}

/** When its renewal is due, in milliseconds; it comes at the next look after. */
export function renewalOf(certificate: Certificate): number {
  const { begin, end } = lifeOf(certificate);
  return end - (end - begin) * RENEWED_AT;
}
