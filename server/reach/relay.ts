import type { IceServers } from '#protocol/media';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import { commandLine } from '../where-it-runs.ts';
import { isLoopback } from '../ip-address.ts';
import { RelayFirewall } from './relay-firewall.ts';
import { RelayGrants } from './relay-grants.ts';
import { ownHome, type RelayHome, separateHome } from './relay-home.ts';
import { relayReachesOthers } from './relay-reach.ts';
import { RelaySweep } from './relay-sweep.ts';
import { INNER_ADDRESS } from './turn-configuration.ts';
import { type ConsolePlace, consolePassword, endAllocations } from './turn-console.ts';
import { issueTurnCredentials, turnUsername } from './turn-credentials.ts';
import { configureNeighbour, consoleOfNeighbour, secretsOfNeighbour } from './turn-neighbour.ts';
import { TurnServer } from './turn-server.ts';

/** In seconds. A call asks for new ones at half of it. */
const LIFETIME = 300;
const CONSOLE_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** Where our front hands over what comes by TLS. */
export interface RelayAddress {
  readonly host: string;
  readonly port: number;
}

interface Options {
  /** Where the configuration of coturn is written, unless it runs as a user of its own; it names the installation. */
  folder: string;
  /** The port for clients, UDP and TCP; of a neighbour, the one for our front. */
  port: number;
  /** The machine where a coturn runs already, and the address that it finds our media at; undefined starts one here. */
  neighbour: { host: string; mediaAddress: string } | undefined;
  /**
   * What credentials are signed with, the first, and may be signed with; undefined makes a new one, or keeps the
   * neighbour's.
   */
  secrets: readonly string[] | undefined;
  /** Whether our own front hands TLS clients over. */
  overTls: boolean;
  /** The name by which people reach the server, where it is set. */
  publicName: string | undefined;
  /** The port at which our front is reached; asked for when it listens. */
  tlsPort: () => number;
  /** In milliseconds; undefined is as usual. */
  sweepEvery: number | undefined;
  logger: Logger;
}

/** Who asks for the relay, and for what. */
export interface RelayRequest {
  /** By which the client reached the server. */
  host: string;
  accountId: string;
  /** The client's; undefined where it is not known. */
  address: string | undefined;
  /** The id of the call or call check that the relay is for. */
  scope: string;
  /** Of the credentials, in seconds. */
  lifetime?: number | undefined;
}

/** The way for networks that let only some ports through: media by TURN over UDP, TCP and TLS. */
export class Relay {
  readonly #options: Options;
  readonly #servers: TurnServer[] = [];
  readonly #secrets: readonly string[];
  readonly #grants = new RelayGrants();
  #sweep: RelaySweep | undefined;
  #inner: RelayAddress | undefined;
  #home: RelayHome | undefined;
  #firewall: RelayFirewall | undefined;

  private constructor(options: Options) {
    this.#options = options;
    const { secrets, neighbour, folder } = options;
    this.#secrets = secrets ??
      (neighbour && secretsOfNeighbour(folder)) ?? [randomBytes(32).toString('base64url')];
  }

  /** @throws {Error} see `TurnServer.start`. */
  static async start(options: Options): Promise<Relay> {
    const relay = new Relay(options);
    try {
      const { folder, port, neighbour, overTls, logger } = options;
      if (neighbour) {
        configureNeighbour({ ...neighbour, folder, port, secrets: relay.#secrets });
        relay.#inner = { host: neighbour.host, port };
        relay.#sweepAt([consoleOfNeighbour({ host: neighbour.host, port, secrets: relay.#secrets })]);
        if (isLoopback(neighbour.host)) await warnOfReach(logger);
        return relay;
      }
      const home = separateHome(port, folder) ?? ownHome(folder);
      relay.#home = home;
      if (process.getuid?.() === 0) relay.#firewall = await confine(port, home.user, logger);
      await warnOfReach(logger);
      const password = consolePassword(relay.#secrets[0] ?? '');
      const consoles: ConsolePlace[] = [];
      const start = async (kind: 'public' | 'inner', at: number) => {
        const console = { host: INNER_ADDRESS, port: await freePort(INNER_ADDRESS), password };
        const options = { home, secrets: relay.#secrets, console, logger, kind, port: at };
        relay.#servers.push(await TurnServer.start(options));
        if (await answers(console, logger)) consoles.push(console);
      };
      await start('public', port);
      if (overTls) {
        relay.#inner = { host: INNER_ADDRESS, port: await freePort(INNER_ADDRESS) };
        await start('inner', relay.#inner.port);
      }
      relay.#sweepAt(consoles);
      return relay;
    } catch (error) {
      await relay.close();
      throw error;
    }
  }

  /** Where our front hands over what comes by TLS; undefined where nothing does. */
  get inner(): RelayAddress | undefined {
    return this.#inner;
  }

  iceServers({ host, lifetime = LIFETIME, ...request }: RelayRequest): IceServers {
    const { publicName, port, neighbour, overTls, tlsPort } = this.#options;
    const name = publicName ?? host;
    // A neighbour has no clients but those of our front.
    const urls = neighbour ? [] : ['udp', 'tcp'].map((way) => `turn:${name}:${port}?transport=${way}`);
    if (overTls) urls.push(`turns:${name}:${tlsPort()}?transport=tcp`);
    const secret = this.#secrets[0] ?? '';
    const nameOf = (slot: string, expiry: number) => turnUsername(secret, slot, expiry);
    const username = this.#grants.issue({ ...request, lifetime, nameOf });
    return issueTurnCredentials({ secret, urls, username, lifetime });
  }

  /** Ends the allocations of a call or call check that is over. Idempotent. */
  end(scope: string): void {
    if (this.#grants.end(scope)) this.#sweep?.now();
  }

  #sweepAt(consoles: readonly ConsolePlace[]): void {
    const { sweepEvery: every, logger } = this.#options;
    this.#sweep = new RelaySweep({ grants: this.#grants, consoles, every, logger });
  }

  /** Resolves when the ports are free. */
  async close(): Promise<void> {
    this.#sweep?.close();
    await Promise.all(this.#servers.map((server) => server.close()));
    this.#home?.remove();
    await this.#firewall?.remove().catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, "the relay's rules stay in the firewall");
    });
  }
}

/** Whether coturn's console can be used: packages were seen whose coturn ends when somebody signs in there. */
async function answers(console: ConsolePlace, logger: Logger): Promise<boolean> {
  const until = performance.now() + CONSOLE_WITHIN_MS;
  for (;;) {
    try {
      await endAllocations(console, new Set());
      return true;
    } catch (error) {
      // It opens its console after the ports for clients.
      if (isRefusal(error) && performance.now() < until) {
        await pause(LOOK_EVERY_MS);
        continue;
      }
      logger.warn(
        { err: error },
        'this coturn has no console that works: allocations do not end with their calls',
      );
      return false;
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

/** Undefined where the machine does not let us, or has no nftables. */
async function confine(
  port: number,
  user: number | undefined,
  logger: Logger,
): Promise<RelayFirewall | undefined> {
  try {
    return await RelayFirewall.start(port, user);
  } catch (error) {
    logger.warn({ err: error }, 'nftables, which would keep the relay from other programs, cannot be used');
    return undefined;
  }
}

async function warnOfReach(logger: Logger): Promise<void> {
  if (!(await relayReachesOthers())) return;
  logger.warn(
    `the relay also reaches other programs of this machine that listen for UDP on all addresses: "${commandLine('doctor')}" names them and tells how to prevent it`,
  );
}

/** One of this address that nobody has right now. */
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
