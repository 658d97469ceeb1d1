import ipaddr from 'ipaddr.js';
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** Networks whose addresses are not unique on the Internet (RFC 6890), by ipaddr.js's names. */
const PRIVATE_RANGES = ['private', 'carrierGradeNat', 'loopback', 'linkLocal', 'uniqueLocal'];

/**
 * Parses an IP address; an IPv4-mapped one (RFC 4291, 2.5.5.2) is an IPv4 address. `node:net` decides what an address
 * is: ipaddr.js would also take `127.1`, `010.0.0.1` and plain numbers, which programs read in different ways.
 *
 * @returns undefined where the text is no address.
 */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text);
  if (!isIPv6(text)) return undefined;
  // The zone (RFC 4007) names an interface of this machine, by more characters than ipaddr.js takes.
  const [address = ''] = text.split('%');
  // A URL has no dotted parts in it: ipaddr.js takes `::1.2.3.4` for the IPv4-mapped `::ffff:1.2.3.4`.
  const { hostname } = new URL(`http://[${address}]`);
  return ipaddr.process(hostname.slice(1, -1));
}

/** Whether the text is an IPv4 or IPv6 address, which may have a zone. */
export const isAddress = (text: string): boolean => isIP(text) !== 0;

/** The address that a URL's host is; undefined where the host is a name. In a URL an IPv6 address stands in brackets. */
export function addressOfHost(host: string): string | undefined {
  const address = host.replace(/^\[|\]$/g, '');
  return isAddress(address) ? address : undefined;
}

/** The address as IPv4 where it is IPv4-mapped, as a dual-stack socket has it of an IPv4 client; else the same text. */
export function plainAddress(text: string): string {
  const address = parse(text);
  return address instanceof ipaddr.IPv4 ? address.toString() : text;
}

/** Whether a machine has the address for itself alone. */
export const isLoopback = (text: string): boolean => parse(text)?.range() === 'loopback';

/** Whether the address belongs to a private network, a link or a machine, and so may exist many times. */
export const isPrivate = (text: string): boolean => PRIVATE_RANGES.includes(parse(text)?.range() ?? '');

/**
 * The address in network byte order: 4 or 16 bytes.
 *
 * @throws {Error} where the text is no address.
 */
export function bytesOf(text: string): Buffer {
  const address = parse(text);
  if (!address) throw new Error(`${JSON.stringify(text)} is no IP address`);
  return Buffer.from(address.toByteArray());
}

/**
 * What limits count by: an IPv4 address, and of an IPv6 address its /64, since one household or one attacker has all
 * addresses of it (RFC 6177). What is no address counts as itself.
 */
export const networkOf = (text: string): string => prefixOf(text, 4);

/**
 * The wider network: of an IPv6 address its /48, which one customer of a provider may have as a whole. An IPv4 address is
 * its own.
 */
export const wideNetworkOf = (text: string): string => prefixOf(text, 3);

/** The first groups of 16 bits of an IPv6 address. */
function prefixOf(text: string, groups: 3 | 4): string {
  const address = parse(text);
  if (!(address instanceof ipaddr.IPv6)) return address?.toString() ?? text;
  const prefix = address.parts.slice(0, groups).map((part) => part.toString(16));
  return `${prefix.join(':')}::/${groups * 16}`;
}

/** A set of addresses, and of networks such as `10.0.0.0/8`. */
export class Networks {
  readonly #list = new BlockList();

  /** @throws {Error} for what is neither. */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', bits] = network.split('/');
      if (bits === undefined) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /** Whether it is one of these addresses, or in one of these networks; an IPv4-mapped one is also looked for as IPv4. */
  has(address: string): boolean {
    return isAddress(address) && this.#list.check(address, familyOf(address));
  }
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
