import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { platform } from 'node:process';

/**
 * Where nobody draws a port by chance: below those of mediasoup (from 10,000) and of kernels (on Linux from 32,768),
 * which a program or a mere connection can have taken between the look at a port and its use; and between two that
 * browsers refuse ("bad ports" of the Fetch standard), 6,697 and 10,080.
 */
const FIRST = 7_000;
const LAST = 9_999;

/** A port that nobody has, by TCP or UDP, and that no other caller is given while this process lives. */
export async function freePort(): Promise<number> {
  const count = LAST - FIRST + 1;
  const start = Math.floor(Math.random() * count);
  for (let step = 0; step < count; step++) {
    const port = FIRST + ((start + step) % count);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new Error(`No port from ${FIRST} to ${LAST} is free.`);
}

/** By a name among the kernel's abstract sockets (unix(7)), which ends with this process. Elsewhere chance must do. */
async function reserve(port: number): Promise<boolean> {
  if (platform !== 'linux') return true;
  const holder = createServer().unref();
  return succeeds(once(holder.listen(`\0chataway-test-port-${port}`), 'listening'));
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  if (!(await succeeds(once(tcp.listen(port), 'listening')))) return false;
  await once(tcp.close(), 'close');
  const udp = createSocket('udp4');
  const udpIsFree = await succeeds(once(udp.bind(port), 'listening'));
  await once(udp.close(), 'close');
  return udpIsFree;
}

/** @throws {Error} what is no matter of another having it. */
async function succeeds(what: Promise<unknown>): Promise<boolean> {
  try {
    await what;
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw error;
  }
}
