// Prints what it hears by UDP, a line for each datagram. It listens at the addresses that are given, and prints "ready".
//
//     ear ADDRESS/PORT ...
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

for (const place of process.argv.slice(2)) {
  const [address = '', port = ''] = place.split('/');
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('message', (text) => console.log(String(text)));
  socket.bind(Number(port), address);
  await once(socket, 'listening');
}
console.log('ready');
