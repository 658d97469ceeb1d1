// Holds so many connections within its machine, to a port of its own, and prints "ready" when it does. Where there are no
// more ports to be had it says "waiting" and goes on trying.
//
//     holder PORT COUNT
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const server = createServer().listen(port, '127.0.0.1');
await once(server, 'listening');
for (let held = 0, waits = false; held < count;) {
  try {
    await once(connect(port, '127.0.0.1'), 'connect');
    held += 1;
  } catch {
    if (!waits) console.log('waiting');
    waits = true;
    await pause(10);
  }
}
console.log('ready');
