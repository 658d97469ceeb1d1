import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { proxyHeader } from '../../server/reach/proxy-protocol.ts';
import { TestAccount } from '../support/account.ts';
import { hasIpv6 } from '../support/has-ipv6.ts';
import { ATTRIBUTES, METHODS, StunMessage } from '../support/stun-message.ts';
import { describeTurn, made, TurnStage } from '../support/turn-stage.ts';

describeTurn('the port of everything', () => {
  let stage: TurnStage;
  const warnings: string[] = [];
  const onWarning = (warning: Error) => warnings.push(warning.message);
  beforeAll(async () => {
    process.on('warning', onWarning);
    stage = await TurnStage.open();
  });
  afterAll(async () => {
    process.off('warning', onWarning);
    await stage[Symbol.asyncDispose]();
  });

  let visitors = 0;
  /** One who loads a page, has a WebSocket, and is relayed, all at once. */
  async function allWorks(): Promise<void> {
    const { url } = stage.server;
    await Promise.all([
      fetch(`${url}/api/session`).then(async (response) => {
        expect(await response.json()).toEqual({ account: null, registration: 'open', ended: null });
      }),
      TestAccount.signUp(url, `visitor-${++visitors}`).then(async (account) => {
        using tab = await account.connect();
        expect(await tab.request('ping', {})).toHaveProperty('now');
      }),
      stage.client('tls', made()).then(async (client) => {
        expect((await client.allocate()).code).toBe(0);
        client[Symbol.dispose]();
      }),
    ]);
  }

  const open = () => connectTcp({ host: '127.0.0.1', port: stage.server.port });
  async function openTls(): Promise<Socket> {
    const socket = connectTls({ socket: open(), servername: 'localhost' });
    await once(socket, 'secureConnect');
    return socket;
  }

  /** Sends these bytes, and resolves with what came until the server cut the line. */
  async function answerTo(socket: Socket, bytes: Buffer): Promise<Buffer> {
    const parts: Buffer[] = [];
    socket.on('data', (part: Buffer) => parts.push(part)).on('error', () => undefined);
    socket.write(bytes);
    await new Promise((closed) => socket.once('close', closed));
    return Buffer.concat(parts);
  }

  test('serves pages, WebSockets and the relay at once', async () => {
    await Promise.all(Array.from({ length: 5 }, allWorks));
    // Such as of listeners that a connection collects.
    expect(warnings).toEqual([]);
  });

  test.each(['127.0.0.9', ...(hasIpv6 ? ['::1'] : [])])(
    'tells the relay the true address %s',
    async (from) => {
      const to = from.includes(':') ? '::1' : '127.0.0.1';
      using client = await stage.client('tls', made(), { to, from });
      expect(client.local.address).toBe(from);
      expect((await client.allocate()).mapped).toEqual(client.local);
    },
  );

  test('believes no client that says it is another', async () => {
    const header = proxyHeader({ address: '203.0.113.9', port: 9 }, { address: '203.0.113.10', port: 443 });
    const request = StunMessage.make(METHODS.binding, []).encode();
    expect((await answerTo(await openTls(), Buffer.concat([header, request]))).toString()).toContain(
      'HTTP/1.1 400',
    );
    // After a message of STUN it comes too late as well.
    const socket = await openTls();
    socket.write(Buffer.concat([request, header, request]));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(StunMessage.parse(first).address(ATTRIBUTES.xorMappedAddress)?.address).toBe('127.0.0.1');
    socket.destroy();
  });

  test('cuts what speaks no TLS, and is none the worse', async () => {
    const noise = [
      Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      StunMessage.make(METHODS.binding, []).encode(),
      Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0]),
      Buffer.from([22, 3, 1, 255, 255, 1]),
      ...[10, 100, 20_000].map((length) => Buffer.concat([Buffer.from([23]), randomBytes(length)])),
    ];
    for (const bytes of noise) await answerTo(open(), bytes);
    // Broken off in the middle.
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from([22]),
      Buffer.from([23, 1]),
      Buffer.from([22, 3, 1, 2, 0, 1]),
    ]) {
      const socket = open();
      socket.write(bytes);
      socket.end();
      socket.resume();
      await once(socket, 'close');
    }
    await allWorks();
  });

  test('bears noise after the handshake, for the relay and for the pages', async () => {
    for (const first of [0, 1, 2, 3, 4, 22, 64, 127, 255]) {
      const socket = await openTls();
      socket.on('error', () => undefined).resume();
      socket.write(Buffer.concat([Buffer.from([first]), randomBytes(3_000)]));
      // The relay may wait for the rest of a message; whoever makes the noise goes.
      socket.end();
      await once(socket, 'close');
    }
    const answer = await answerTo(await openTls(), Buffer.from('\u00ff\u00fe nothing\r\n\r\n', 'latin1'));
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
    await allWorks();
    expect(warnings).toEqual([]);
  });
});
