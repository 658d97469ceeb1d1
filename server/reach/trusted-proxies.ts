import type { IncomingMessage } from 'node:http';
import { isAddress, Networks, plainAddress } from '../ip-address.ts';

/** The operator's own proxies: what they say of a client's address is believed, and what anyone else says is not. */
export class TrustedProxies {
  readonly #networks: Networks;

  /** @param networks Addresses, and networks such as `10.0.0.0/8`. */
  constructor(networks: readonly string[]) {
    this.#networks = new Networks(networks);
  }

  /**
   * The address of the client behind all trusted proxies. Each proxy appends the address it was asked from, so the
   * list is read from its end, up to the first that is no proxy of ours: what stands before it anyone may have written.
   */
  clientOf({ socket, headers }: IncomingMessage): string {
    let client = plainAddress(socket.remoteAddress ?? '');
    const forwarded = [headers['x-forwarded-for'] ?? ''].flat().join(',').split(',');
    for (const hop of forwarded.map((one) => plainAddress(one.trim())).reverse()) {
      if (!this.#networks.has(client) || !isAddress(hop)) break;
      client = hop;
    }
    return client;
  }

  /** Whether the client's address is known: someone else's proxy may stand in between, and say so in vain. */
  knows({ socket, headers }: IncomingMessage): boolean {
    return (
      headers['x-forwarded-for'] === undefined || this.#networks.has(plainAddress(socket.remoteAddress ?? ''))
    );
  }
}
