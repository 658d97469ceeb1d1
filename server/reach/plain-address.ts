const MAPPED_IPV4 = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** An IPv4 client of a dual-stack socket is shown as IPv4 (RFC 4291, 2.5.5.2). */
export function plainAddress(address: string): string {
  return address.replace(MAPPED_IPV4, '');
}
