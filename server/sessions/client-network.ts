import { isIPv6 } from 'node:net';

/**
 * What limits count by: an IPv4 address, and of an IPv6 address its /64, since one household or one attacker has all
 * addresses of it (RFC 6177).
 */
export function networkOf(address: string): string {
  return isIPv6(address) ? prefixOf(address, 4) : address;
}

/**
 * The wider network: of an IPv6 address its /48, which one customer of a provider may have as a whole. An IPv4 address is
 * its own.
 */
export function wideNetworkOf(address: string): string {
  return isIPv6(address) ? prefixOf(address, 3) : address;
}

/** The first groups of 16 bits of an IPv6 address, as a prefix. */
function prefixOf(address: string, groups: 3 | 4): string {
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail.split(':').filter(Boolean);
  const zeros = address.includes('::') ? Array<string>(8 - left.length - right.length).fill('0') : [];
  return `${[...left, ...zeros, ...right].slice(0, groups).join(':')}::/${groups * 16}`;
}
