// Tries which ports of an address answer, and prints that as a line of JSON; see ../knock.ts. There has to be a
// responder.
//
//     knocker ADDRESS 'tcp 443' 'udp 443' ...
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Where nothing has come by then, nothing comes: the ways of the lab take a tenth of it, on a busy machine, too. */
const CLOSED_AFTER_MS = 1_500;
const KNOCK_EVERY_MS = 300;

const [address = '', ...ports] = process.argv.slice(2);
const open = new Set<string>();
const seenAs = new Set<string>();
let wake: () => void = () => undefined;
const all = new Promise<void>((resolve) => (wake = resolve));

function opened(port: string): void {
  open.add(port);
  if (open.size === ports.length) wake();
}

// One socket for all ports, so that it shows whether a router on the way takes a port for each.
const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
socket.on('message', (message, { port }) => {
  seenAs.add(message.toString());
  opened(`udp ${port}`);
});

for (const port of ports) {
  const [protocol, number = ''] = port.split(' ');
  if (protocol !== 'tcp') continue;
  const one = connect(Number(number), address, () => one.write('1\n'));
  one.on('data', () => opened(port));
  // A closed port may say so.
  one.on('error', () => undefined);
}

const closed = pause(CLOSED_AFTER_MS).then(() => true);
for (let done = false; !done;) {
  for (const port of ports) {
    const [protocol, number = ''] = port.split(' ');
    // A route that is missing may say so as well.
    if (protocol === 'udp' && !open.has(port)) socket.send('', Number(number), address, () => undefined);
  }
  done = await Promise.race([closed, all.then(() => true), pause(KNOCK_EVERY_MS).then(() => false)]);
}
console.log(JSON.stringify({ open: ports.filter((port) => open.has(port)), seenAs: [...seenAs] }));
// What is still awaited keeps nothing alive.
process.exit();
