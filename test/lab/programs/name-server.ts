// A name server (RFC 1035) for its own machine. It takes lines of "ADDRESS NAME" from its standard input and says "ok" to
// each; the last one of a name is right. Answers are good for a second, so that a change is soon known to all.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { createInterface } from 'node:readline';

const PORT = 53;
const LIFETIME_S = 1;
const HEADER_BYTES = 12;
/** An answer of the one who knows, without error. */
const FLAGS = 0x8580;
/** The name is the one at byte 12, in the question. */
const SAME_NAME = 0xc00c;
const IN = 1;
const A = 1;

const addresses = new Map<string, string>();

/** The name that is asked for, the type of record, and the bytes of both; names are not compressed there. */
function questionOf(message: Buffer): { name: string; type: number; bytes: Buffer } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: message.readUInt16BE(at + 1),
    bytes: message.subarray(HEADER_BYTES, at + 5),
  };
}

function answer(message: Buffer): Buffer {
  const { name, type, bytes } = questionOf(message);
  const address = addresses.get(name);
  // Of version 4 alone; whatever else is asked has no record.
  const found = type === A && address !== undefined && isIPv4(address);
  const header = Buffer.alloc(HEADER_BYTES);
  message.copy(header, 0, 0, 2);
  [FLAGS, 1, found ? 1 : 0].forEach((value, index) => header.writeUInt16BE(value, 2 + 2 * index));
  if (!found) return Buffer.concat([header, bytes]);
  const record = Buffer.alloc(12);
  [SAME_NAME, A, IN].forEach((value, index) => record.writeUInt16BE(value, 2 * index));
  record.writeUInt32BE(LIFETIME_S, 6);
  record.writeUInt16BE(4, 10);
  return Buffer.concat([header, bytes, record, Buffer.from(address.split('.').map(Number))]);
}

const socket = createSocket('udp4');
socket.on('message', (message, { port, address }) => socket.send(answer(message), port, address));
socket.bind(PORT, '127.0.0.1');
await once(socket, 'listening');
createInterface({ input: process.stdin }).on('line', (line) => {
  const [address = '', name = ''] = line.split(' ');
  addresses.set(name, address);
  console.log('ok');
});
