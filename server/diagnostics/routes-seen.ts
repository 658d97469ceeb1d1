import type { Route } from '#protocol/check';
import type { MediaPath } from '../calls/ports.ts';
import { isAddress, isPrivate } from '../ip-address.ts';

/** What worked so long ago may have been closed since. */
const LATELY_MS = 24 * 60 * 60 * 1000;

/** Of each way and side so many addresses are remembered, the latest. */
const MOST_ADDRESSES = 100;

type Side = 'inside' | 'outside';

/** A way to the media server. A direct one leads to the port of one worker, and tells nothing of another's. */
export interface Way {
  readonly route: Route;
  readonly port?: number | undefined;
}

/**
 * Which ways to the media server have worked lately, and from which side. One client alone cannot tell its own blocked
 * network from a server that nobody reaches: that others came through makes the difference.
 */
export class RoutesSeen {
  /** When each way was last had from each side, by address, the latest last. */
  readonly #sights = new Map<string, Map<string, number>>();

  /** Media of a call came by this path. Of a relayed one only the client knows the way to the relay. */
  addPath({ protocol, port, address }: MediaPath): void {
    if (address !== undefined && protocol !== 'relayed') this.add({ route: protocol, port }, address);
  }

  /** Someone's media came this way. */
  add(way: Way, address: string, now = Date.now()): void {
    const key = keyOf(way, address);
    const sights = this.#sights.get(key) ?? new Map<string, number>();
    this.#sights.set(key, sights);
    sights.delete(address);
    sights.set(address, now);
    const [oldest] = sights.keys();
    if (sights.size > MOST_ADDRESSES && oldest !== undefined) sights.delete(oldest);
  }

  /**
   * Someone's media does not come this way. Where it did from the same address, something has changed, perhaps at the
   * server: what others had before that proves nothing any more.
   */
  miss(way: Way, address: string): void {
    const key = keyOf(way, address);
    if (this.#sights.get(key)?.has(address)) this.#sights.delete(key);
  }

  /**
   * Which of these ways have worked lately for others who are on the same side as this address, and never from there: it
   * is the network that makes the difference then, and not the time.
   */
  forOthersThan<W extends Way>(address: string, ways: readonly W[], now = Date.now()): W[] {
    return ways.filter((way) => {
      const sights = [...(this.#sights.get(keyOf(way, address)) ?? [])];
      const lately = sights.filter(([, at]) => now - at < LATELY_MS).map(([from]) => from);
      return lately.length > 0 && !lately.includes(address);
    });
  }
}

const keyOf = ({ route, port }: Way, address: string) => `${route} ${port ?? ''} ${sideOf(address)}`;

function sideOf(address: string): Side {
  return isAddress(address) && !isPrivate(address) ? 'outside' : 'inside';
}
