import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Front } from '../../../../server/reach/front.ts';
import { makeCertificate } from '../../../support/certificate.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const PATIENCE_MS = 1_000;

let front: Front;
let ca: string;
beforeAll(async () => {
  await using folder = await temporaryFolder();
  const { cert, keyFile } = makeCertificate(folder.path);
  ca = cert;
  const nothing = () => undefined;
  front = new Front({
    certificates: {
      current: { cert, key: readFileSync(keyFile, 'utf8') },
      onChange: nothing,
      challenge: nothing,
      start: nothing,
      close: nothing,
    },
    http: createServer(
      { headersTimeout: PATIENCE_MS, requestTimeout: PATIENCE_MS, connectionsCheckingInterval: 50 },
      (request, response) => request.resume().on('end', () => response.end('good')),
    ),
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
async function openTls(): Promise<Socket> {
  const socket = connectTls({ socket: open(), servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  return socket;
}

/** The first message of a handshake, as a client would send it. */
async function clientHello(): Promise<Buffer> {
  const [client, server] = duplexPair();
  const tls = connectTls({ socket: client, servername: 'localhost' }).on('error', () => undefined);
  const [hello] = (await once(server, 'data')) as [Buffer];
  tls.destroy();
  return hello;
}

/** What came until the line was cut, which must not be at once and not late. */
async function cut(socket: Socket): Promise<string> {
  const begin = performance.now();
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString())).on('error', () => undefined);
  await new Promise((closed) => socket.once('close', closed));
  expect(performance.now() - begin).toBeGreaterThan(PATIENCE_MS / 2);
  expect(performance.now() - begin).toBeLessThan(PATIENCE_MS * 5);
  return text;
}

test('a client that says nothing is cut, before the handshake and after it', async () => {
  expect(await cut(open())).toBe('');
  expect(await cut(await openTls())).toBe('');
});

test('so is one whose first message comes a byte at a time, or whose handshake never ends', async () => {
  const slow = open();
  const drops = setInterval(() => slow.write(Buffer.from([22])), PATIENCE_MS / 10);
  slow.write(Buffer.from([22, 3, 1, 10, 0]));
  await cut(slow);
  clearInterval(drops);

  const silent = open();
  silent.write(await clientHello());
  await cut(silent);
});

test('so is a request that does not come to its end', async () => {
  for (const part of [
    'GET / HT',
    'GET / HTTP/1.1\r\nHost: localhost\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1',
  ]) {
    const socket = await openTls();
    socket.write(part);
    expect(await cut(socket)).toMatch(/^HTTP\/1\.1 408 /);
  }
});

test('a whole request is answered', async () => {
  const socket = await openTls();
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const [first] = (await once(socket, 'data')) as [Buffer];
  expect(first.toString()).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
});
