// Sends datagrams back to where they came from, and, over TCP, as many bytes as the number in the first line asks for.
// Both listen on the port that is given; prints "ready" when they do.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const port = Number(process.argv[2]);
const CHUNK = Buffer.alloc(16 * 1024);

const echo = createSocket('udp4');
echo.on('message', (message, { address, port: from }) => echo.send(message, from, address));
echo.bind(port);
await once(echo, 'listening');

function* zeros(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= CHUNK.length)
    yield CHUNK.subarray(0, Math.min(left, CHUNK.length));
}

const source = createServer((socket) => {
  socket.once('data', (line) => {
    // Whoever has enough may go before the end.
    pipeline(Readable.from(zeros(Number(String(line)))), socket).catch(() => undefined);
  });
  socket.on('error', () => undefined);
});
source.listen(port);
await once(source, 'listening');
console.log('ready');
