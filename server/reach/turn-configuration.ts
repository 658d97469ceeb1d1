import { isLoopback } from '../ip-address.ts';
import { consoleLines, type ConsolePlace } from './turn-console.ts';

/**
 * Where relayed clients find the media on the relay's own machine: one address of the loopback that nothing else has.
 * What listens at every address of the machine is reached there, too, for coturn knows no rule for ports: README.md.
 */
export const RELAYED_MEDIA_ADDRESS = '127.44.44.44';
/**
 * Where the relay sends from there. What it relays never leaves the machine. Programs that trust the usual 127.0.0.1 see
 * that it is not them who speaks: the media server's address is also an address of every program that listens on all of
 * them.
 */
export const RELAY_ADDRESS = '127.44.44.43';
/**
 * Where the inner relay listens, for our front. Connections within a machine leave from 127.0.0.1, and one that has the
 * relay's port keeps it from listening there, long after (TIME-WAIT, RFC 9293, 3.6.1): from here none leaves.
 */
export const INNER_ADDRESS = '127.44.44.45';
/**
 * Allocations of one slot, which is as much as one account may have: two transports at three addresses of the relay make
 * six, an ICE restart doubles them, and so does a second interface.
 */
const USER_QUOTA = 36;
/** Of everyone: each takes a port and some memory. */
const TOTAL_QUOTA = 4_000;
/** In bytes a second and allocation: twice what the media server takes of one sender. */
const MAX_BYTES_PER_SECOND = 650_000;
/** In seconds; a nonce that is used longer is refused, and the client takes the new one. */
const NONCE_LIFETIME = 600;

interface Options {
  /** The lines that say where clients come. */
  readonly listening: readonly string[];
  /** What credentials may be signed with. */
  readonly secrets: readonly string[];
  /** Where its console is to listen. */
  readonly console: ConsolePlace;
  /** A file of its own; it keeps nothing there, but wants to have it. */
  readonly database: string;
  /** Where it sends from. */
  readonly relayAddress: string;
  /** The one peer that it may have. */
  readonly mediaAddress: string;
}

/**
 * What coturn is told. Everything is denied but the media server: with deny lists alone, some versions relay to the
 * mapped forms of denied addresses (CVE-2026-27624). Connections to peers by TCP (RFC 6062) would be for nobody.
 */
export function turnConfiguration({
  listening,
  secrets,
  console,
  database,
  relayAddress,
  mediaAddress,
}: Options): string {
  return [
    ...listening,
    'no-tls',
    'no-dtls',
    'no-tcp-relay',
    'no-multicast-peers',
    'no-rfc5780',
    'no-software-attribute',
    'no-stdout-log',
    'log-file=stdout',
    'simple-log',
    // After the log's: what it does not know it logs, and would open a file of its own for that.
    ...consoleLines(console),
    'pidfile=/dev/null',
    `userdb=${database}`,
    'realm=chataway',
    'fingerprint',
    'use-auth-secret',
    ...secrets.map((secret) => `static-auth-secret=${secret}`),
    `stale-nonce=${NONCE_LIFETIME}`,
    `user-quota=${USER_QUOTA}`,
    `total-quota=${TOTAL_QUOTA}`,
    `max-bps=${MAX_BYTES_PER_SECOND}`,
    `relay-ip=${relayAddress}`,
    ...(isLoopback(mediaAddress) ? ['allow-loopback-peers'] : []),
    'denied-peer-ip=0.0.0.0-255.255.255.255',
    'denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    `allowed-peer-ip=${mediaAddress}`,
    '',
  ].join('\n');
}

/** The lines of a relay behind our own front, which sends the PROXY protocol. */
export function behindFront(address: string, port: number): string[] {
  return [`listening-ip=${address}`, `tcp-proxy-port=${port}`, `listening-port=${port + 1}`, 'no-udp'];
}
