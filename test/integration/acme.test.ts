import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { request } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { AcmeCertificate, type AcmeOptions } from '../../server/reach/acme.ts';
import { AcmeStore } from '../../server/reach/acme-store.ts';
import { makeSelfSigned } from '../../server/reach/acme-x509.ts';
import { Front } from '../../server/reach/front.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { describePebble, Pebble } from '../support/pebble.ts';
import { ServerProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const DOMAIN = 'localhost';
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** An authority, a data folder and a log; and servers with both, one after the other. */
class Stage implements AsyncDisposable {
  readonly pebble: Pebble;
  readonly folder: string;
  /** What the operator reads. */
  readonly log: string[] = [];
  readonly #stack: AsyncDisposableStack;

  private constructor(pebble: Pebble, folder: string, stack: AsyncDisposableStack) {
    this.pebble = pebble;
    this.folder = folder;
    this.#stack = stack;
  }

  static async create(): Promise<Stage> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(await temporaryFolder());
    return new Stage(stack.use(await Pebble.create()), join(path, 'acme'), stack);
  }

  certificates(options: Partial<AcmeOptions> = {}): AcmeCertificate {
    const write = (line: string) => this.log.push(line);
    return new AcmeCertificate({
      domain: DOMAIN,
      directoryUrl: this.pebble.directoryUrl,
      ca: this.pebble.ca,
      folder: this.folder,
      logger: pino({}, { write }),
      lookEveryMs: 10,
      pausesMs: [10],
      ...options,
    });
  }

  /** A server that listens; its certificates are not seen to yet. */
  async serve(options: Partial<AcmeOptions> = {}) {
    const certificates = this.certificates(options);
    const http = createHttpServer((_, answer) => void answer.end('hello'));
    const front = new Front({ certificates, http, relay: undefined });
    front.server.listen(0);
    await once(front.server, 'listening');
    this.#stack.defer(async () => {
      certificates.close();
      front.closeAllConnections();
      await new Promise((resolve) => front.server.close(resolve));
    });
    return { certificates, port: (front.server.address() as AddressInfo).port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** A connection to a server; only to one that has a certificate of this authority, where one is given. */
async function open(port: number, ca?: string): Promise<TLSSocket> {
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  const socket = connect({ port, host: DOMAIN, servername: DOMAIN, ...trust });
  await once(socket, 'secureConnect');
  return socket;
}

async function served(port: number, ca?: string): Promise<X509Certificate> {
  const socket = await open(port, ca);
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (!certificate) throw new Error('there is no certificate');
  return certificate;
}

async function greeting(socket: TLSSocket): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${DOMAIN}\r\n\r\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString();
}

/** A page, from a server that has a certificate of this authority and no other. */
function get(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { ca, agent: false }, (answer) => {
      text(answer).then(resolve, reject);
    })
      .once('error', reject)
      .end();
  });
}

/** Listens in the authority's place and never says a word. */
async function startMute(port: number) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined).resume()));
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return {
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describePebble('a certificate by ACME', () => {
  test('is obtained while the server runs, and kept for its owner alone', async () => {
    await using stage = await Stage.create();
    const { certificates, port } = await stage.serve();
    await stage.pebble.start(port);
    const root = await stage.pebble.root();
    await expect(served(port, root)).rejects.toThrow('self-signed');

    certificates.start();
    await until('a certificate of the authority', () => served(port, root));
    expect(certificates.challenge(DOMAIN)).toBeUndefined();
    expect((await served(port)).checkHost(DOMAIN)).toBe(DOMAIN);

    const [authority = ''] = readdirSync(stage.folder);
    const files = readdirSync(join(stage.folder, authority)).sort();
    expect(files).toEqual(['account-key.pem', `${DOMAIN}.pem`]);
    const modeOf = (...path: string[]) => statSync(join(stage.folder, ...path)).mode & 0o777;
    expect(files.map((file) => modeOf(authority, file))).toEqual([0o600, 0o600]);
    expect([modeOf(), modeOf(authority)]).toEqual([0o700, 0o700]);
  });

  test('is renewed while the server runs, and what is connected stays so', async () => {
    await using stage = await Stage.create();
    let ahead = 0;
    const { certificates, port } = await stage.serve({ now: () => Date.now() + ahead });
    await stage.pebble.start(port);
    const root = await stage.pebble.root();
    certificates.start();
    const first = await until('a certificate', () => served(port, root));
    const connection = await open(port, root);
    expect(await greeting(connection)).toContain('hello');

    certificates.onChange(() => (ahead = 0));
    // Pebble's certificates are for five years.
    ahead = 4 * YEAR_MS;
    const second = await until('another certificate', async () => {
      const now = await served(port, root);
      return now.serialNumber !== first.serialNumber && now;
    });
    expect(second.publicKey.equals(first.publicKey)).toBe(false);
    expect(connection.getPeerX509Certificate()?.serialNumber).toBe(first.serialNumber);
    expect(await greeting(connection)).toContain('hello');
  });

  test('that was kept is served after a restart, and the authority is not asked', async () => {
    await using stage = await Stage.create();
    const before = await stage.serve();
    await stage.pebble.start(before.port);
    const root = await stage.pebble.root();
    before.certificates.start();
    const first = await until('a certificate', () => served(before.port, root));
    before.certificates.close();
    await stage.pebble.stop();

    await using mute = await startMute(stage.pebble.port);
    let looks = 0;
    const { certificates, port } = await stage.serve({ now: () => (looks++, Date.now()) });
    expect((await served(port, root)).serialNumber).toBe(first.serialNumber);
    certificates.start();
    await until('some looks at what is due', () => looks > 5);
    expect((await served(port, root)).serialNumber).toBe(first.serialNumber);
    expect(mute.sockets).toEqual([]);
  });

  test('is asked for again where the authority is down', async () => {
    await using stage = await Stage.create();
    const { certificates, port } = await stage.serve();
    certificates.start();
    await until('the log to tell', () =>
      stage.log.some(
        (line) => line.includes(`no new certificate for ${DOMAIN}`) && line.includes('ECONNREFUSED'),
      ),
    );
    await stage.pebble.start(port);
    const root = await stage.pebble.root();
    await until('a certificate', () => served(port, root));
  });

  test('is refused where the name leads elsewhere, and the log tells', async () => {
    await using stage = await Stage.create();
    const { certificates } = await stage.serve({ pausesMs: [60 * 60 * 1000] });
    await stage.pebble.start(1);
    certificates.start();
    await until('the log to tell', () => stage.log.some((line) => line.includes('must lead to this server')));
    expect(certificates.challenge(DOMAIN)).toBeUndefined();
  });

  test(
    'is there after "npm start" with nothing but a name, and again after the next',
    { timeout: 60_000 },
    async () => {
      await using stage = await Stage.create();
      const port = await freePort();
      await stage.pebble.start(port);
      const root = await stage.pebble.root();
      const url = `https://${DOMAIN}:${port}`;
      const start = () =>
        ServerProcess.npmStart(stage.folder, {
          PORT: String(port),
          PUBLIC_URL: url,
          ACME: 'on',
          ACME_DIRECTORY: stage.pebble.directoryUrl,
          ACME_CA: stage.pebble.ca,
        });
      await using server = await start();
      expect(server.url).toBe(url);
      expect(await until('the page', () => get(url, root))).toContain('<title>ChatAway</title>');
      const { serialNumber } = await served(port, root);
      expect(await server.kill('SIGTERM')).toBe(0);

      await stage.pebble.stop();
      await using next = await start();
      expect(next.url).toBe(url);
      expect(await get(url, root)).toContain('<title>ChatAway</title>');
      expect((await served(port, root)).serialNumber).toBe(serialNumber);
    },
  );

  test('is no longer asked for once the source is closed', async () => {
    await using stage = await Stage.create();
    await using mute = await startMute(stage.pebble.port);
    const { certificates } = await stage.serve();
    certificates.start();
    const socket = await until('an order', () => mute.sockets[0]);
    certificates.close();
    await until('the end of the order', () => socket.destroyed);
    expect(stage.log).toEqual([]);
  });
});

test('what was kept is served only where it fits', async () => {
  await using stage = await Stage.create();
  const { directoryUrl } = stage.pebble;
  const kept = makeSelfSigned(DOMAIN);
  new AcmeStore({ folder: stage.folder, directoryUrl, domain: DOMAIN }).keep(kept);
  expect(stage.certificates().current).toEqual(kept);

  const others: Partial<AcmeOptions>[] = [
    { domain: 'call.example.org' },
    { directoryUrl: `${directoryUrl}/staging` },
    { now: () => Date.now() + YEAR_MS },
  ];
  for (const options of others) expect(stage.certificates(options).current).not.toEqual(kept);
  expect(stage.log).toEqual([]);

  const [authority = ''] = readdirSync(stage.folder);
  const file = join(stage.folder, authority, `${DOMAIN}.pem`);
  writeFileSync(file, readFileSync(file).subarray(0, 300));
  expect(stage.certificates().current).not.toEqual(kept);
  expect(stage.log).toHaveLength(1);
});
