import { route as routeSchema, type Route } from '#protocol/check';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** What worked so long ago may have been closed since. */
const LATELY_MS = 24 * 60 * 60 * 1000;

/** Networks that are nobody's on the Internet (RFC 6890). */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv6');

interface Sight {
  readonly address: string;
  readonly at: number;
}

type Side = 'inside' | 'outside';

/**
 * Which ways to the media server have worked lately, and from which side. One client alone cannot tell its own blocked
 * network from a server that nobody reaches: that others came through makes the difference.
 */
export class RoutesSeen {
  /** For each way and side the latest two of different addresses: one of them is another's. */
  readonly #sights = new Map<string, Sight[]>();

  /** Someone's media came this way. */
  add(route: Route, address: string, now = Date.now()): void {
    const key = `${route} ${sideOf(address)}`;
    const others = this.#sights.get(key)?.filter((sight) => sight.address !== address) ?? [];
    this.#sights.set(key, [{ address, at: now }, ...others.slice(0, 1)]);
  }

  /** What has worked lately for others who are on the same side as this address. */
  forOthersThan(address: string, now = Date.now()): Route[] {
    const side = sideOf(address);
    return routeSchema.options.filter((route) =>
      this.#sights
        .get(`${route} ${side}`)
        ?.some((one) => one.address !== address && now - one.at < LATELY_MS),
    );
  }
}

function sideOf(address: string): Side {
  if (isIP(address) === 0) return 'inside';
  return PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') ? 'inside' : 'outside';
}
