import { bytesOf } from '../ip-address.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Version 2, command PROXY. */
const VERSION_AND_COMMAND = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;
const IPV4_BYTES = 4;

interface End {
  readonly address: string;
  readonly port: number;
}

/**
 * What a proxy sends first, so that the server behind it knows the client's address
 * (haproxy.org, proxy-protocol.txt, 2.2: the binary header). Both addresses are of one family; IPv4-mapped ones are IPv4.
 *
 * @throws {Error} where one of them is no IP address.
 */
export function proxyHeader(client: End, server: End): Buffer {
  const from = bytesOf(client.address);
  const family = from.length === IPV4_BYTES ? TCP_OVER_IPV4 : TCP_OVER_IPV6;
  const addresses = Buffer.concat([from, bytesOf(server.address), portOf(client), portOf(server)]);
  const head = Buffer.from([VERSION_AND_COMMAND, family, 0, addresses.length]);
  return Buffer.concat([SIGNATURE, head, addresses]);
}

function portOf({ port }: End): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port);
  return bytes;
}
