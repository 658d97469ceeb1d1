import type { IceCandidate } from '#protocol/media';
import { lookup, resolve4, resolve6 } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { addressOfHost, isLoopback } from '../ip-address.ts';

/** The name may have other addresses tomorrow: a line at home gets a new one now and then. */
const LOOK_UP_EVERY_MS = 60_000;
/** However many ask for it. */
const LOOK_UP_AT_MOST_EVERY_MS = 1_000;
/** Neither the start nor a call waits longer for a name server. */
const LOOK_UP_WITHIN_MS = 2_000;

interface Options {
  /** Those that the operator set; nothing else is announced then. */
  configured: readonly string[] | undefined;
  /** The name by which people reach the server, where it is set. */
  publicName: string | undefined;
  /** The one at which the relay finds the media: there it has a port of its own, and clients have no way to it. */
  relayed: string | undefined;
}

/**
 * The addresses at which clients reach the media ports, as they stand now: those that were set; else what the
 * server's public name resolves to, which is right behind a NAT too, then those of this machine's interfaces, which is
 * right in its own network. The loopback comes last, so that a call on the machine itself works without a network.
 */
export class AnnouncedAddresses {
  readonly #configured: readonly string[] | undefined;
  readonly #publicName: string | undefined;
  readonly #relayed: string | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #resolved: readonly string[] = [];
  #lookedUpAt = 0;
  /** The look-up that began last. */
  #lookingUp: Promise<void> = Promise.resolve();

  constructor({ configured, publicName, relayed }: Options) {
    this.#configured = configured;
    this.#relayed = relayed;
    if (configured || publicName === undefined) return;
    const address = addressOfHost(publicName);
    if (address !== undefined) {
      this.#resolved = [address];
      return;
    }
    this.#publicName = publicName;
    this.#timer = setInterval(() => void this.#lookUp(), LOOK_UP_EVERY_MS).unref();
  }

  /** Resolves once the name was looked up for the first time, or that takes too long. */
  async start(): Promise<void> {
    if (this.#publicName === undefined) return;
    this.#lookingUp = this.#lookUp();
    await this.settled();
  }

  /** Looks the name up again, now: whoever comes back after a change shall get the new addresses. */
  refresh(): void {
    if (this.#publicName === undefined || Date.now() - this.#lookedUpAt < LOOK_UP_AT_MOST_EVERY_MS) return;
    this.#lookingUp = this.#lookUp();
  }

  /** Resolves when no look-up is under way, or that takes too long. */
  async settled(): Promise<void> {
    await Promise.race([this.#lookingUp, pause(LOOK_UP_WITHIN_MS, undefined, { ref: false })]);
  }

  list(): string[] {
    if (this.#configured) return [...this.#configured];
    const own = interfaceAddresses().filter((address) => address !== this.#relayed);
    return [...new Set([...this.#resolved, ...own])];
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** What does not resolve right now keeps the addresses it had. */
  async #lookUp(): Promise<void> {
    this.#lookedUpAt = Date.now();
    try {
      this.#resolved = await resolve(this.#publicName ?? '');
    } catch {
      // No name server, or no such name: the interfaces have to do. The doctor tells.
    }
  }
}

/** Of a machine's own name its hosts file often knows the loopback alone; then the name server is asked. */
async function resolve(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true });
  const outside = found.map(({ address }) => address).filter((address) => !isLoopback(address));
  if (outside.length > 0) return outside;
  const asked = await Promise.allSettled([resolve4(name), resolve6(name)]);
  const addresses = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length === 0) throw new Error(`${name} has no address`);
  return addresses;
}

/** Every address of this machine that others can name: those of links alone (RFC 4007) cannot be. */
function interfaceAddresses(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, scopeid }) => family === 'IPv4' || !scopeid);
  return [
    ...addresses.filter(({ internal }) => !internal),
    ...addresses.filter(({ internal }) => internal),
  ].map(({ address }) => address);
}

/**
 * Writes each candidate once for every announced address of its family. The worker listens on all of the machine's
 * addresses and knows none of them; so they may change while it runs. A candidate at an address of its own is left
 * as it is.
 */
export function announce(candidates: readonly IceCandidate[], addresses: readonly string[]): IceCandidate[] {
  return candidates.flatMap((candidate) => {
    if (candidate.address !== '0.0.0.0' && candidate.address !== '::') return [candidate];
    const family = isIPv4(candidate.address);
    return addresses
      .filter((address) => isIPv4(address) === family)
      .map((address, index) => ({
        ...candidate,
        ip: address,
        address,
        // Candidates of different addresses have different foundations (RFC 8445, 5.1.1.3) ...
        foundation: `${candidate.foundation}${index}`,
        // ... and the local preference orders them (5.1.2.1): it stands in bits 8 to 23.
        priority: Math.max(1, candidate.priority - index * 256),
      }));
  });
}
