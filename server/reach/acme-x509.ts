import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { Certificate } from './certificate.ts';

/** One element in DER (ITU-T X.690): its tag, its length, its content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  const size = content.length < 0x80 ? length : Buffer.from([0x80 + length.length, ...length]);
  return Buffer.concat([Buffer.from([tag]), size, content]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const set = (...parts: Buffer[]) => der(0x31, ...parts);
const integer = (bytes: Buffer) => der(0x02, bytes);
const octets = (content: Buffer) => der(0x04, content);
const bits = (content: Buffer) => der(0x03, Buffer.from([0]), content);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
/** A part of a structure that is told by its number; here always one that holds others. */
const part = (number: number, content: Buffer) => der(0xa0 + number, content);
const TRUE = der(0x01, Buffer.from([0xff]));

/** For example `261123101500Z`; it reaches from 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replaceAll(/\.\d+|[-:T]/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

const COMMON_NAME = oid('550403');
const SUBJECT_ALT_NAME = oid('551d11');
/** RFC 2985, 5.4.2. */
const EXTENSION_REQUEST = oid('2a864886f70d01090e');
/** RFC 8737, 6.1. */
const ACME_IDENTIFIER = oid('2b0601050507011f');
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));

const HOUR_MS = 60 * 60 * 1000;
const SELF_SIGNED_LASTS_MS = 90 * 24 * HOUR_MS;

/** A new private key on the curve P-256, in PEM. */
export function makeKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;
}

/** What asks an authority for a certificate of this name (PKCS #10, RFC 2986), in DER. */
export function certificateRequest(name: string, key: string): Buffer {
  const version = integer(Buffer.from([0]));
  const attribute = sequence(EXTENSION_REQUEST, set(sequence(altName(name))));
  // The subject stays empty: it holds no more than 64 characters, and nothing reads it.
  return signed(sequence(version, sequence(), publicKey(key), part(0, attribute)), key);
}

/**
 * Makes a self-signed certificate for this name (X.509 version 3, RFC 5280), with a key of its own.
 *
 * @param options.acmeIdentifier - the SHA-256 of a key authorization, which makes it the answer to a TLS-ALPN-01
 * challenge (RFC 8737, 3).
 */
export function makeSelfSigned(
  name: string,
  { acmeIdentifier }: { acmeIdentifier?: Buffer } = {},
): Certificate {
  const key = makeKey();
  const now = Date.now();
  const subject = sequence(set(sequence(COMMON_NAME, der(0x0c, Buffer.from('ChatAway')))));
  // 16 bytes, and positive.
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const extensions = [altName(name)];
  if (acmeIdentifier) extensions.push(sequence(ACME_IDENTIFIER, TRUE, octets(octets(acmeIdentifier))));
  const body = sequence(
    part(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    subject,
    sequence(time(now - HOUR_MS), time(now + SELF_SIGNED_LASTS_MS)),
    subject,
    publicKey(key),
    part(3, sequence(...extensions)),
  );
  const lines =
    signed(body, key)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return { key, cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n') };
}

function altName(name: string): Buffer {
  return sequence(SUBJECT_ALT_NAME, octets(sequence(der(0x82, Buffer.from(name, 'ascii')))));
}

function publicKey(key: string): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function signed(body: Buffer, key: string): Buffer {
  return sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, key)));
}
