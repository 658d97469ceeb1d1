import { createHmac, randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { crc32 } from 'node:zlib';

// STUN's messages (RFC 8489) with what TURN adds to them (RFC 8656, and 6062 for TCP), as far as tests need them.

export const METHODS = {
  binding: 0x001,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
  connect: 0x00a,
} as const;

export const CLASSES = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 } as const;

export const ATTRIBUTES = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedAddressFamily: 0x0017,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  additionalAddressFamily: 0x8000,
  fingerprint: 0x8028,
  iceControlling: 0x802a,
} as const;

export type Attribute = readonly [type: number, value: Buffer];

export interface End {
  readonly address: string;
  readonly port: number;
}

const COOKIE = Buffer.from('2112a442', 'hex');
const HEADER_BYTES = 20;
const FAMILY_IPV4 = 1;
const FAMILY_IPV6 = 2;
const FINGERPRINT_XOR = 0x5354554e;

export class StunMessage {
  readonly type: number;
  readonly transaction: Buffer;
  readonly attributes: readonly Attribute[];

  private constructor(type: number, transaction: Buffer, attributes: readonly Attribute[]) {
    this.type = type;
    this.transaction = transaction;
    this.attributes = attributes;
  }

  static make(
    type: number,
    attributes: readonly Attribute[],
    transaction: Buffer = randomBytes(12),
  ): StunMessage {
    return new StunMessage(type, transaction, attributes);
  }

  /** @throws {RangeError} where the bytes are none. */
  static parse(bytes: Buffer): StunMessage {
    const attributes: Attribute[] = [];
    for (let at = HEADER_BYTES; at < bytes.length;) {
      const length = bytes.readUInt16BE(at + 2);
      attributes.push([bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length)]);
      at += 4 + padded(length);
    }
    return new StunMessage(bytes.readUInt16BE(0), bytes.subarray(8, HEADER_BYTES), attributes);
  }

  /** Whether it is the answer to a request, good or bad. */
  get isAnswer(): boolean {
    return (this.type & CLASSES.success) !== 0;
  }

  /** 0 says success. */
  get code(): number {
    if ((this.type & CLASSES.error) !== CLASSES.error) return 0;
    const value = this.get(ATTRIBUTES.errorCode);
    return value ? value.readUInt8(2) * 100 + value.readUInt8(3) : Number.NaN;
  }

  get(type: number): Buffer | undefined {
    return this.attributes.find(([one]) => one === type)?.[1];
  }

  /** The address in this attribute. */
  address(type: number): End | undefined {
    const value = this.get(type);
    if (!value) return undefined;
    const bytes = xor(value.subarray(4), this.transaction);
    const port = value.readUInt16BE(2) ^ COOKIE.readUInt16BE(0);
    if (value.readUInt8(1) === FAMILY_IPV4) return { address: bytes.join('.'), port };
    const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
    return { address: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1), port };
  }

  /** An attribute of this message that names this address. */
  addressAttribute(type: number, { address, port }: End): Attribute {
    const bytes = bytesOf(address);
    const head = Buffer.from([0, bytes.length === 4 ? FAMILY_IPV4 : FAMILY_IPV6, 0, 0]);
    head.writeUInt16BE(port ^ COOKIE.readUInt16BE(0), 2);
    return [type, Buffer.concat([head, xor(bytes, this.transaction)])];
  }

  with(...attributes: readonly Attribute[]): StunMessage {
    return new StunMessage(this.type, this.transaction, [...this.attributes, ...attributes]);
  }

  /** With MESSAGE-INTEGRITY, which counts itself as the end (RFC 8489, 14.5). */
  signed(key: Buffer | string): StunMessage {
    const hmac = createHmac('sha1', key).update(this.encode(24)).digest();
    return this.with([ATTRIBUTES.messageIntegrity, hmac]);
  }

  /** With FINGERPRINT, which ICE wants (RFC 8445, 7). */
  fingerprinted(): StunMessage {
    const value = Buffer.alloc(4);
    value.writeUInt32BE((crc32(this.encode(8)) ^ FINGERPRINT_XOR) >>> 0);
    return this.with([ATTRIBUTES.fingerprint, value]);
  }

  /** @param more bytes that the length counts and that are still to come. */
  encode(more = 0): Buffer {
    const body = Buffer.concat(
      this.attributes.map(([type, value]) => {
        const bytes = Buffer.alloc(4 + padded(value.length));
        bytes.writeUInt16BE(type);
        bytes.writeUInt16BE(value.length, 2);
        value.copy(bytes, 4);
        return bytes;
      }),
    );
    const head = Buffer.alloc(4);
    head.writeUInt16BE(this.type);
    head.writeUInt16BE(body.length + more, 2);
    return Buffer.concat([head, COOKIE, this.transaction, body]);
  }
}

/** Attributes and messages on streams end at a multiple of four. */
export const padded = (length: number): number => Math.ceil(length / 4) * 4;

const xor = (bytes: Buffer, transaction: Buffer): Buffer => {
  const mask = Buffer.concat([COOKIE, transaction]);
  return Buffer.from(bytes.map((byte, index) => byte ^ (mask[index] ?? 0)));
};

/** An address in network byte order; the URL parser writes IPv6 addresses without a dotted tail. */
function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [left, right] = [head, tail].map((part) => part.split(':').filter(Boolean)) as [string[], string[]];
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
