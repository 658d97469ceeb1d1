import { isIPv4 } from 'node:net';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Version 2, command PROXY. */
const VERSION_AND_COMMAND = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

interface End {
  readonly address: string;
  readonly port: number;
}

/**
 * What a proxy sends first, so that the server behind it knows the client's address
 * (haproxy.org, proxy-protocol.txt, 2.2: the binary header). Both addresses are of one family.
 */
export function proxyHeader(client: End, server: End): Buffer {
  const ipv4 = isIPv4(client.address);
  const addresses = Buffer.concat([
    bytesOf(client.address),
    bytesOf(server.address),
    portOf(client),
    portOf(server),
  ]);
  const head = Buffer.from([VERSION_AND_COMMAND, ipv4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6, 0, addresses.length]);
  return Buffer.concat([SIGNATURE, head, addresses]);
}

function portOf({ port }: End): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port);
  return bytes;
}

/** An address in network byte order: 4 or 16 bytes. */
function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // A zone (RFC 4007) is this machine's own business.
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => part.split(':').filter(Boolean).flatMap(groupsOf);
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = Array<number>(8 - left.length - right.length).fill(0);
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...left, ...zeros, ...right].entries()) bytes.writeUInt16BE(group, index * 2);
  return bytes;
}

/** A group of an IPv6 address; its last two may be written as an IPv4 address (RFC 4291, 2.2). */
function groupsOf(group: string): number[] {
  if (!group.includes('.')) return [parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
