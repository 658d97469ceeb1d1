import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSelfSigned } from '../../../../server/reach/acme-x509.ts';
import { Front } from '../../../../server/reach/front.ts';

const NAME = 'call.example.org';
const USUAL = makeSelfSigned(NAME);
const CHALLENGE = makeSelfSigned(NAME, { acmeIdentifier: Buffer.alloc(32, 7) });
const PATIENCE_MS = 2_000;

let isAsked = true;
let front: Front;
beforeAll(async () => {
  const nothing = () => undefined;
  front = new Front({
    certificates: {
      current: USUAL,
      onChange: nothing,
      challenge: (name) => (isAsked && name === NAME ? CHALLENGE : undefined),
      start: nothing,
      close: nothing,
    },
    http: createServer((request, response) => request.resume().on('end', () => response.end('good'))),
    relay: undefined,
    patience: PATIENCE_MS,
  });
  front.server.listen(0, '127.0.0.1');
  await once(front.server, 'listening');
});
afterAll(async () => {
  front.closeAllConnections();
  front.server.close();
  await once(front.server, 'close');
});

const open = () => connect({ port: (front.server.address() as AddressInfo).port, host: '127.0.0.1' });

async function openTls(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({ servername: NAME, rejectUnauthorized: false, socket: open(), ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** Which certificate the client gets, and which protocol is spoken; `refused` where the server ends the handshake. */
async function served(options: ConnectionOptions): Promise<string> {
  let socket: TLSSocket;
  try {
    socket = await openTls(options);
  } catch (error) {
    if (error instanceof Error && error.message.includes('alert no application protocol')) return 'refused';
    throw error;
  }
  const certificate = socket.getPeerX509Certificate()?.raw;
  const { alpnProtocol } = socket;
  socket.destroy();
  const isServed = ({ cert }: { cert: string }) => certificate?.equals(new X509Certificate(cert).raw);
  const name = isServed(CHALLENGE) ? 'challenge' : isServed(USUAL) ? 'usual' : 'unknown';
  return alpnProtocol === false ? name : `${name} for ${alpnProtocol ?? ''}`;
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('by %s', (version) => {
  const by = { minVersion: version, maxVersion: version };
  const CASES: [string, ConnectionOptions, string][] = [
    ['no protocol', {}, 'usual'],
    ['no protocol and no name', { servername: '' }, 'usual'],
    ['acme-tls/1', { ALPNProtocols: ['acme-tls/1'] }, 'challenge for acme-tls/1'],
    ['acme-tls/1 of another name', { ALPNProtocols: ['acme-tls/1'], servername: 'example.org' }, 'refused'],
    ['acme-tls/1 and no name', { ALPNProtocols: ['acme-tls/1'], servername: '' }, 'refused'],
    ['acme-tls/1 twice', { ALPNProtocols: ['acme-tls/1', 'acme-tls/1'] }, 'refused'],
    ['the protocols of a browser', { ALPNProtocols: ['h2', 'http/1.1'] }, 'usual for http/1.1'],
    ['the protocol of TURN', { ALPNProtocols: ['stun.turn'] }, 'usual for stun.turn'],
    // An authority offers it alone (RFC 8737, 3).
    ['acme-tls/1 first', { ALPNProtocols: ['acme-tls/1', 'http/1.1'] }, 'usual for http/1.1'],
    ['acme-tls/1 last', { ALPNProtocols: ['http/1.1', 'acme-tls/1'] }, 'usual for http/1.1'],
    ['acme-tls/1 and another', { ALPNProtocols: ['acme-tls/1', 'h2'] }, 'refused'],
    ['a name that begins alike', { ALPNProtocols: ['acme-tls/1.1'] }, 'refused'],
  ];

  test.each(CASES)('a client that offers %s', async (_, options, answer) => {
    expect(await served({ ...by, ...options })).toBe(answer);
  });

  test('nobody gets a challenge that is not asked for', async () => {
    isAsked = false;
    try {
      expect(await served({ ...by, ALPNProtocols: ['acme-tls/1'] })).toBe('refused');
      expect(await served({ ...by, ALPNProtocols: ['http/1.1'] })).toBe('usual for http/1.1');
    } finally {
      isAsked = true;
    }
  });

  test('a ClientHello may come in many pieces', async () => {
    const [near, far] = duplexPair();
    const line = open().setNoDelay();
    line.pipe(far);
    far.on('data', (part: Buffer) => {
      for (const byte of part) line.write(Buffer.from([byte]));
    });
    expect(await served({ ...by, socket: near, ALPNProtocols: ['acme-tls/1'] })).toBe(
      'challenge for acme-tls/1',
    );
    line.destroy();
  });

  test('the connection of a challenge is ended, and carries nothing', async () => {
    const socket = await openTls({ ...by, ALPNProtocols: ['acme-tls/1'] });
    socket.on('error', () => undefined);
    socket.write(`GET / HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`);
    let answer = '';
    socket.on('data', (part: Buffer) => (answer += part.toString()));
    await once(socket, 'close');
    expect(answer).toBe('');
  });
});

/** The first message of a handshake, as small as may be: one key share, and one group. */
async function clientHello(): Promise<Buffer> {
  const [near, far] = duplexPair();
  const tls = connectTls({
    socket: near,
    servername: NAME,
    ALPNProtocols: ['acme-tls/1'],
    ecdhCurve: 'X25519',
  }).on('error', () => undefined);
  const [hello] = (await once(far, 'data')) as [Buffer];
  tls.destroy();
  return hello;
}

/** Resolves when the server has cut the line, or answered. */
async function settled(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'data'), new Promise((closed) => socket.once('close', closed))]);
  socket.destroy();
}

describe('a ClientHello', () => {
  test('may be wrong in any byte, or cut off within a record that is whole', async () => {
    const hello = await clientHello();
    for (const [at, byte] of hello.entries()) {
      const wrong = [byte ^ 1, byte ^ 0x80].map((other) => {
        const copy = Buffer.from(hello);
        copy[at] = other;
        return copy;
      });
      const cut = Buffer.from(hello.subarray(0, Math.max(5, at)));
      cut.writeUInt16BE(cut.length - 5, 3);
      await Promise.all(
        [...wrong, cut].map(async (bytes) => {
          const socket = open();
          socket.end(bytes);
          await settled(socket);
        }),
      );
    }
    expect(await served({ ALPNProtocols: ['acme-tls/1'] })).toBe('challenge for acme-tls/1');
    expect(await served({ ALPNProtocols: ['http/1.1'] })).toBe('usual for http/1.1');
  });
});
