import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setDefaultCACertificates } from 'node:tls';
import { describe, test } from 'vitest';
import type { Overrides } from '../../server/app/overrides.ts';
import { runFolderOf } from '../../server/reach/relay-home.ts';
import { issueTurnCredentials, turnUsername } from '../../server/reach/turn-credentials.ts';
import { makeCertificate } from './certificate.ts';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { startServer, type TestServer } from './server.ts';
import { type Credentials, type Seat, TurnClient } from './turn-client.ts';

/** Whether coturn is here; as root it must be. */
const hasTurn =
  process.getuid?.() === 0 ||
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'turnserver')));
if (!hasTurn) console.warn('Skipped: cases that need coturn ("sudo apt-get install coturn").');

/** Those that need coturn: without it, and without root who could install it, they are skipped, and that is said. */
export const describeTurn = describe.skipIf(!hasTurn);
export const testTurn = test.skipIf(!hasTurn);

/** What signs credentials, and what did so before. */
export const SECRETS = ['new', 'old'].map((word) => word.repeat(16)) as [string, string];

/** A server with its relay, over UDP, TCP and TLS. This process trusts its certificate from now on, and no other. */
export class TurnStage implements AsyncDisposable {
  readonly server: TestServer;
  /** Of UDP and TCP. */
  readonly port: number;
  readonly #folder: AsyncDisposable;

  private constructor(server: TestServer, port: number, folder: AsyncDisposable) {
    this.server = server;
    this.port = port;
    this.#folder = folder;
  }

  static async open(overrides: Overrides = {}): Promise<TurnStage> {
    const folder = await temporaryFolder();
    const { environment, port } = await turnEnvironment(folder.path);
    return new TurnStage(await startServer(environment, overrides), port, folder);
  }

  client(way: Seat['way'], credentials?: Credentials, more: Partial<Seat> = {}): Promise<TurnClient> {
    const port = way === 'tls' ? this.server.port : this.port;
    return TurnClient.open({ way, port, credentials, ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** The settings of a server with a relay, and the relay's port. */
export async function turnEnvironment(
  folder: string,
): Promise<{ environment: Record<string, string>; port: number }> {
  const { cert, certFile, keyFile } = makeCertificate(folder);
  setDefaultCACertificates([cert]);
  const port = await freePort();
  const environment = {
    TURN: 'on',
    TURN_PORT: String(port),
    TURN_SECRET: SECRETS.join(','),
    TLS_CERT: certFile,
    TLS_KEY: keyFile,
  };
  return { environment, port };
}

/** Credentials that no call gave out. */
export function made({ secret = SECRETS[0], accountId = 'ann', lifetime = 300 } = {}): Credentials {
  const username = turnUsername(secret, accountId, Math.floor(Date.now() / 1000) + lifetime);
  const [server] = issueTurnCredentials({ secret, urls: [], username, lifetime }).servers;
  if (!server) throw new Error('no credentials');
  return server;
}

/** The processes of the relay that belong to the server with this data folder. */
export async function relaysOf(folder: string): Promise<number[]> {
  const pids: number[] = [];
  const folders = [folder, runFolderOf(folder)];
  for (const name of await readdir('/proc')) {
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.startsWith('turnserver') && folders.some((one) => line.includes(one))) pids.push(Number(name));
  }
  return pids;
}
