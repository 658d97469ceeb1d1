import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { plainAddress } from './plain-address.ts';

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** The operator's own proxies: what they say of a client's address is believed, and what anyone else says is not. */
export class TrustedProxies {
  readonly #networks = new BlockList();

  /** @param networks Addresses, and networks such as `10.0.0.0/8`. */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', bits] = network.split('/');
      if (bits === undefined) this.#networks.addAddress(address, familyOf(address));
      else this.#networks.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /**
   * The address of the client behind all trusted proxies. Each proxy appends the address it was asked from, so the
   * list is read from its end, up to the first that is no proxy of ours: what stands before it anyone may have written.
   */
  clientOf({ socket, headers }: IncomingMessage): string {
    let client = plainAddress(socket.remoteAddress ?? '');
    const forwarded = [headers['x-forwarded-for'] ?? ''].flat().join(',').split(',');
    for (const hop of forwarded.map((one) => plainAddress(one.trim())).reverse()) {
      if (!this.#trusts(client) || !isIP(hop)) break;
      client = hop;
    }
    return client;
  }

  /** Whether the client's address is known: someone else's proxy may stand in between, and say so in vain. */
  knows({ socket, headers }: IncomingMessage): boolean {
    return headers['x-forwarded-for'] === undefined || this.#trusts(plainAddress(socket.remoteAddress ?? ''));
  }

  #trusts(address: string): boolean {
    return isIP(address) !== 0 && this.#networks.check(address, familyOf(address));
  }
}
