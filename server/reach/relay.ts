import type { IceServers } from '#protocol/media';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Logger } from '../logger.ts';
import { commandLine } from '../where-it-runs.ts';
import { isLoopback } from './loopback.ts';
import { RelayFirewall } from './relay-firewall.ts';
import { ownHome, type RelayHome, separateHome } from './relay-home.ts';
import { relayReachesOthers } from './relay-reach.ts';
import { INNER_ADDRESS } from './turn-configuration.ts';
import { issueTurnCredentials } from './turn-credentials.ts';
import { configureNeighbour, secretsOfNeighbour } from './turn-neighbour.ts';
import { TurnServer } from './turn-server.ts';

/** In seconds. A call asks for new ones at half of it. */
const LIFETIME = 300;

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
  logger: Logger;
}

/** The way for networks that let only some ports through: media by TURN over UDP, TCP and TLS. */
export class Relay {
  readonly #options: Options;
  readonly #servers: TurnServer[] = [];
  readonly #secrets: readonly string[];
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
        if (isLoopback(neighbour.host)) await warnOfReach(logger);
        return relay;
      }
      const home = separateHome(port, folder) ?? ownHome(folder);
      relay.#home = home;
      if (home.user !== undefined) relay.#firewall = await confine(port, home.user, logger);
      await warnOfReach(logger);
      const common = { home, secrets: relay.#secrets, logger };
      relay.#servers.push(await TurnServer.start({ ...common, kind: 'public', port }));
      if (overTls) {
        relay.#inner = { host: INNER_ADDRESS, port: await freePort(INNER_ADDRESS) };
        relay.#servers.push(await TurnServer.start({ ...common, kind: 'inner', port: relay.#inner.port }));
      }
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

  /** @param host By which the client reached the server. */
  iceServers(host: string, accountId: string, lifetime = LIFETIME): IceServers {
    const { publicName, port, neighbour, overTls, tlsPort } = this.#options;
    const name = publicName ?? host;
    // A neighbour has no clients but those of our front.
    const urls = neighbour ? [] : ['udp', 'tcp'].map((way) => `turn:${name}:${port}?transport=${way}`);
    if (overTls) urls.push(`turns:${name}:${tlsPort()}?transport=tcp`);
    return issueTurnCredentials({ secret: this.#secrets[0] ?? '', urls, accountId, lifetime });
  }

  /** Resolves when the ports are free. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
    this.#home?.remove();
    await this.#firewall?.remove().catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, "the relay's rules stay in the firewall");
    });
  }
}

/** Undefined where the machine does not let us, or has no nftables. */
async function confine(port: number, user: number, logger: Logger): Promise<RelayFirewall | undefined> {
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
