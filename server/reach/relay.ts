import type { IceServers } from '#protocol/media';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Logger } from '../logger.ts';
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
  /** Where the configuration of coturn is written. */
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
        return relay;
      }
      const common = { folder, secrets: relay.#secrets, logger };
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
  }
}

/** One of this address that nobody has right now. */
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
