import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** A certificate with its private key, both in PEM; the chain follows the certificate. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Where the certificate of the TLS listener comes from. */
export interface CertificateSource {
  /** The one to serve now. */
  readonly current: Certificate;
  /** Told each time that there is a new one. */
  onChange(listener: (certificate: Certificate) => void): void;
  /**
   * The certificate that answers a TLS handshake with ALPN `acme-tls/1` (RFC 8737) for this name; undefined where
   * none is asked for now. Its key is of the same type as the key of `current`.
   */
  challenge(serverName: string): Certificate | undefined;
  /** To be called once the listener is up: from now on the source looks for new certificates by itself. */
  start(): void;
  /** Idempotent. */
  close(): void;
}

/**
 * Checks that these are a certificate chain and its key.
 *
 * @throws {Error} that tells what is wrong.
 */
export function checkedCertificate(cert: string, key: string): Certificate {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error('the key belongs to another certificate');
  }
  // What the listener will do with them: it also reads the rest of the chain, and refuses weak keys.
  createSecureContext({ cert, key });
  return { cert, key };
}
