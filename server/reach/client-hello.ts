/** The only content type (RFC 8446, 5.1) and handshake type (4) that begin a connection. */
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER_BYTES = 5;
const MOST_RECORD_BYTES = 2 ** 14;

const RANDOM_BYTES = 32;
/** The extension of application-layer protocol negotiation (RFC 7301, 3.1). */
const ALPN = 16;
const ACME = 'acme-tls/1';

/**
 * Whether these first bytes of a connection begin a TLS handshake that asks for the certificate of a TLS-ALPN-01
 * challenge: one that offers `acme-tls/1` and nothing else (RFC 8737, 3). A listener must know before it hands the
 * connection to a TLS server, because OpenSSL chooses the certificate before it tells which protocols are offered.
 *
 * @returns undefined where more bytes are needed, which are never more than 16 kB. What is not TLS, or broken, asks
 * for no challenge.
 */
export function wantsAcme(firstBytes: Buffer): boolean | undefined {
  const [type, major] = firstBytes;
  if (type !== undefined && type !== HANDSHAKE) return false;
  if (major !== undefined && major !== 3) return false;
  if (firstBytes.length < RECORD_HEADER_BYTES) return undefined;
  const recordBytes = firstBytes.readUInt16BE(3);
  if (recordBytes > MOST_RECORD_BYTES) return false;
  if (firstBytes.length < RECORD_HEADER_BYTES + recordBytes) return undefined;
  try {
    // One that goes on in a second record is too large, or cut too oddly, to come from an authority.
    const record = new Reader(firstBytes.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + recordBytes));
    if (record.number(1) !== CLIENT_HELLO) return false;
    const protocols = [...offeredProtocols(record.vector(3))];
    return protocols.length === 1 && protocols[0] === ACME;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The protocols that a ClientHello (RFC 8446, 4.1.2) offers. */
function* offeredProtocols(hello: Reader): Generator<string> {
  const legacyVersionBytes = 2;
  hello.take(legacyVersionBytes + RANDOM_BYTES);
  hello.vector(1); // the legacy session id
  hello.vector(2); // cipher suites
  hello.vector(1); // legacy compression methods
  // TLS 1.2 and older may come without any extension.
  if (hello.isDone) return;
  const extensions = hello.vector(2);
  while (!extensions.isDone) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type !== ALPN) continue;
    const names = content.vector(2);
    while (!names.isDone) yield names.vector(1).rest();
  }
}

/** Reads the numbers and vectors of TLS's presentation language (RFC 8446, 3); beyond the end is a RangeError. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('beyond the end');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  number(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  /** What follows a length of `size` bytes, and is that long. */
  vector(size: number): Reader {
    return new Reader(this.take(this.number(size)));
  }

  rest(): string {
    return this.take(this.#bytes.length - this.#at).toString('latin1');
  }
}
