// Tries every TCP port of an address, and prints those that take connections as a line of JSON.
//
//     scanner ADDRESS
import { connect } from 'node:net';
import pLimit from 'p-limit';

const LAST_PORT = 65_535;
const AT_ONCE = 500;
/** Where nothing was heard by then, no answer is going to come: a closed port says so. */
const ANSWER_WITHIN_MS = 3_000;

const [address = ''] = process.argv.slice(2);
const limit = pLimit(AT_ONCE);

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: ANSWER_WITHIN_MS });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}

const ports = Array.from({ length: LAST_PORT }, (_, index) => index + 1);
const found = await Promise.all(
  ports.map((port) => limit(async () => ((await isOpen(port)) ? port : undefined))),
);
console.log(JSON.stringify(found.filter((port) => port !== undefined)));
