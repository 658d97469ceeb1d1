import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wantsAcme } from '../../../../server/reach/client-hello.ts';

/** What OpenSSL sends first; the other side never answers. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const [near, far] = duplexPair();
  const socket = connect({ ...options, socket: near });
  try {
    const [bytes] = (await once(far, 'data')) as [Buffer];
    return bytes;
  } finally {
    socket.destroy();
  }
}

/** A ClientHello in its record around these extensions; everything else is as short as may be. */
function helloWith(extensions: Buffer): Buffer {
  const vector = (size: number, content: Buffer) => {
    const length = Buffer.alloc(size);
    length.writeUIntBE(content.length, 0, size);
    return Buffer.concat([length, content]);
  };
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32),
    vector(1, Buffer.alloc(0)),
    vector(2, Buffer.from([0x13, 0x01])),
    vector(1, Buffer.from([0])),
    vector(2, extensions),
  ]);
  const handshake = Buffer.concat([Buffer.from([1]), vector(3, body)]);
  return Buffer.concat([Buffer.from([22, 3, 1]), vector(2, handshake)]);
}

const SERVER = 'call.example.org';
const REAL: [string, ConnectionOptions, boolean][] = [
  ['no protocol', { servername: SERVER }, false],
  ['acme-tls/1', { servername: SERVER, ALPNProtocols: ['acme-tls/1'] }, true],
  ['acme-tls/1, and no name', { ALPNProtocols: ['acme-tls/1'] }, true],
  ['acme-tls/1 by TLS 1.2', { ALPNProtocols: ['acme-tls/1'], maxVersion: 'TLSv1.2' }, true],
  ['nothing by TLS 1.2', { maxVersion: 'TLSv1.2' }, false],
  ['the protocols of a browser', { ALPNProtocols: ['h2', 'http/1.1'] }, false],
  ['a name that begins alike', { ALPNProtocols: ['acme-tls/1.1'] }, false],
  // An authority offers it alone (RFC 8737, 3).
  ['acme-tls/1 among others', { ALPNProtocols: ['acme-tls/1', 'http/1.1'] }, false],
];

describe('of a real ClientHello', () => {
  test.each(REAL)('that offers %s', async (_, options, answer) => {
    const hello = await helloOf(options);
    for (let end = 0; end < hello.length; end++) expect(wantsAcme(hello.subarray(0, end))).toBeUndefined();
    expect(wantsAcme(hello)).toBe(answer);
    expect(wantsAcme(Buffer.concat([hello, Buffer.from('what comes with it')]))).toBe(answer);
  });

  test('any byte may be wrong', async () => {
    const hello = await helloOf({ servername: SERVER, ALPNProtocols: ['acme-tls/1'] });
    for (const [at, byte] of hello.entries()) {
      for (const other of [0, 1, byte ^ 1, byte ^ 0x80, 255]) {
        const wrong = Buffer.from(hello);
        wrong[at] = other;
        expect([true, false, undefined]).toContain(wantsAcme(wrong));
      }
    }
  });

  test('it may be cut off within a record that is whole', async () => {
    const hello = await helloOf({ ALPNProtocols: ['acme-tls/1'] });
    for (let end = 5; end < hello.length; end++) {
      const cut = Buffer.from(hello.subarray(0, end));
      cut.writeUInt16BE(end - 5, 3);
      expect(wantsAcme(cut)).toBe(false);
    }
  });
});

describe('of a made ClientHello', () => {
  const alpn = (...names: string[]) => {
    const list = Buffer.concat(names.map((name) => Buffer.from([name.length, ...Buffer.from(name)])));
    return Buffer.from([0, 16, 0, list.length + 2, 0, list.length, ...list]);
  };

  test.each([
    ['the one protocol', alpn('acme-tls/1'), true],
    ['no extension', Buffer.alloc(0), false],
    ['no protocol in the extension', alpn(), false],
    ['an empty protocol', alpn(''), false],
    ['the protocol twice', alpn('acme-tls/1', 'acme-tls/1'), false],
    ['another extension in front', Buffer.from([0, 23, 0, 0, ...alpn('acme-tls/1')]), true],
    ['an extension that is cut off', alpn('acme-tls/1').subarray(0, 9), false],
    ['an extension of half a type', Buffer.from([0]), false],
    ['a list that is longer than its extension', Buffer.from([0, 16, 0, 2, 0, 11]), false],
  ])('with %s', (_, extensions, answer) => {
    expect(wantsAcme(helloWith(extensions))).toBe(answer);
  });
});

describe('of anything else', () => {
  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['STUN', Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42])],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 0, 2])],
    ['another TLS record', Buffer.from([23, 3, 3, 0, 1, 0])],
    ['another handshake', Buffer.from([22, 3, 3, 0, 4, 2, 0, 0, 0])],
    ['a record without content', Buffer.from([22, 3, 1, 0, 0])],
    ['a record that is too long', Buffer.from([22, 3, 1, 0x40, 1])],
  ])('%s asks for no challenge', (_, bytes) => {
    expect(wantsAcme(bytes)).toBe(false);
  });

  test('never throws, and knows after 16 kB', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const record = Buffer.from([22, 3, 1, bytes.length >> 8, bytes.length & 255, ...bytes]);
        expect([true, false]).toContain(wantsAcme(record));
        const endless = Buffer.concat([Buffer.from(bytes), Buffer.alloc(5 + 2 ** 14)]);
        expect(wantsAcme(endless)).toBe(false);
      }),
    );
  });
});
