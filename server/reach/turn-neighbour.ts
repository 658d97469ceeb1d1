import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import {
  behindFront,
  RELAY_ADDRESS,
  RELAYED_MEDIA_ADDRESS,
  turnConfiguration,
} from './turn-configuration.ts';
import { isLoopback } from '../ip-address.ts';
import { consolePassword, type ConsolePlace } from './turn-console.ts';

/** What the neighbour starts with. */
const FILE = 'turnserver.conf';
/** Any but 0: nothing is sent there. */
const SOME_PORT = 9;

interface Options {
  /** The neighbour's address, and the port at which it is to take the PROXY protocol. */
  host: string;
  port: number;
  /** A folder that both see; what is written there is for this user alone. */
  folder: string;
  /** What credentials may be signed with. */
  secrets: readonly string[];
  /** The one peer that it may have: `mediaAddressFor(host)`. */
  mediaAddress: string;
}

/** Where the neighbour's console is: behind the two ports that it takes streams at. */
export function consoleOfNeighbour({
  host,
  port,
  secrets,
}: Pick<Options, 'host' | 'port' | 'secrets'>): ConsolePlace {
  return { host, port: port + 2, password: consolePassword(secrets[0] ?? '') };
}

/**
 * Tells a coturn on another machine of an inner network, or in another container, how to run: it has clients from our
 * front alone and relays to our media alone. It reads the file when it starts.
 */
export function configureNeighbour({ host, port, folder, secrets, mediaAddress }: Options): void {
  const text = turnConfiguration({
    listening: behindFront(host, port),
    secrets,
    console: consoleOfNeighbour({ host, port, secrets }),
    // Of its own machine, not in the folder, which it only reads.
    database: '/tmp/turn.db',
    // On this same machine it sends from where a child of ours would.
    relayAddress: isLoopback(host) ? RELAY_ADDRESS : host,
    mediaAddress,
  });
  // Whole or not at all: it may be about to read it.
  const unfinished = join(folder, `${FILE}.new`);
  writeFileSync(unfinished, text, { mode: 0o600, flush: true });
  renameSync(unfinished, join(folder, FILE));
}

/** The secrets that it was told before: with the same ones it need not start anew when we do. */
export function secretsOfNeighbour(folder: string): string[] | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, FILE), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const told = [...text.matchAll(/^static-auth-secret=(.+)$/gm)].map(([, secret = '']) => secret);
  return told.length > 0 ? told : undefined;
}

/**
 * The address of this machine that the neighbour finds it by: the one that this machine's own routes would send from.
 *
 * @throws {Error} `ENETUNREACH` where no route leads there.
 */
export async function mediaAddressFor(host: string): Promise<string> {
  if (isLoopback(host)) return RELAYED_MEDIA_ADDRESS;
  const socket = createSocket(isIPv4(host) ? 'udp4' : 'udp6');
  try {
    socket.connect(SOME_PORT, host);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}
