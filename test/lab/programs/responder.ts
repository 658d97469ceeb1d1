// Sends datagrams back to where they came from, with that address at the end of each, and, over TCP, as many bytes as
// the number in the first line asks for. Both listen on the ports that are given; prints "ready" when they do.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHUNK = Buffer.alloc(16 * 1024);

function* zeros(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= CHUNK.length)
    yield CHUNK.subarray(0, Math.min(left, CHUNK.length));
}

for (const port of process.argv.slice(2).map(Number)) {
  // Of both versions of the Internet Protocol.
  const echo = createSocket({ type: 'udp6' });
  echo.on('message', (message, { address, port: from }) => {
    const source = Buffer.from(`${address.replace('::ffff:', '')} ${from}`);
    echo.send(Buffer.concat([message, source]), from, address);
  });
  echo.bind(port);
  await once(echo, 'listening');

  const source = createServer((socket) => {
    socket.once('data', (line) => {
      // Whoever has enough may go before the end.
      pipeline(Readable.from(zeros(Number(String(line)))), socket).catch(() => undefined);
    });
    socket.on('error', () => undefined);
  });
  source.listen(port);
  await once(source, 'listening');
}
console.log('ready');
