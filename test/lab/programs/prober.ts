// Measures the way to a responder and prints the figures as a line of JSON.
//
//     prober ADDRESS PORT datagrams COUNT INTERVAL_MS
//     prober ADDRESS PORT bytes COUNT
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What is not back after this long is lost. */
const LOST_AFTER_MS = 1_500;
const DATAGRAM_BYTES = 64;

const [address = '', port = '', kind = '', count = '', interval = ''] = process.argv.slice(2);

/** Sends datagrams at an even pace and takes the time until each is back. */
async function datagrams(count: number, intervalMs: number) {
  const socket = createSocket('udp4');
  socket.connect(Number(port), address);
  await once(socket, 'connect');

  const sentAt: number[] = [];
  const roundTrips: number[] = [];
  const complete = new Promise<void>((resolve) => {
    socket.on('message', (message) => {
      const sent = sentAt[message.readUInt32BE(0)];
      if (sent !== undefined) roundTrips.push(performance.now() - sent);
      if (roundTrips.length === count) resolve();
    });
  });
  for (let index = 0; index < count; index++) {
    const message = Buffer.alloc(DATAGRAM_BYTES);
    message.writeUInt32BE(index, 0);
    sentAt.push(performance.now());
    socket.send(message);
    await pause(intervalMs);
  }
  await Promise.race([complete, pause(LOST_AFTER_MS)]);
  socket.close();

  roundTrips.sort((a, b) => a - b);
  const at = (share: number) => {
    const time = roundTrips[Math.floor((roundTrips.length - 1) * share)];
    return time === undefined ? null : Math.floor(time * 10) / 10;
  };
  return { sent: count, received: roundTrips.length, leastMs: at(0), medianMs: at(0.5), mostMs: at(1) };
}

/** Fetches bytes over TCP; the time counts from the first one that comes. */
async function bytes(count: number) {
  const socket = connect(Number(port), address);
  await once(socket, 'connect');
  socket.write(`${count}\n`);
  let received = 0;
  let first: number | undefined;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    // What came with the first chunk was under way before the clock ran.
    if (first === undefined) first = performance.now();
    else received += chunk.length;
  }
  const seconds = (performance.now() - (first ?? 0)) / 1_000;
  return { bytes: received, seconds, bitsPerSecond: Math.round((received * 8) / seconds) };
}

const figures =
  kind === 'datagrams' ? await datagrams(Number(count), Number(interval)) : await bytes(Number(count));
console.log(JSON.stringify(figures));
// A datagram that is still awaited keeps nothing alive.
process.exit();
