import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { RELAY_ADDRESS, RELAYED_MEDIA_ADDRESS } from './turn-configuration.ts';

const WITHIN_MS = 1_000;
/** Between two sockets of one machine the order is kept, but each is read by itself. */
const GRACE_MS = 20;

/**
 * Whether what a relay of this machine sends to the media's address also reaches programs that listen for UDP at every
 * address: it is tried, from the relay's address to a socket of our own. True where that cannot be tried.
 */
export async function relayReachesOthers(): Promise<boolean> {
  const sockets: Socket[] = [];
  const open = async (address: string): Promise<Socket> => {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.bind({ port: 0, address, exclusive: true });
    await once(socket, 'listening');
    return socket;
  };
  try {
    const other = await open('0.0.0.0');
    const media = await open(RELAYED_MEDIA_ADDRESS);
    const relay = await open(RELAY_ADDRESS);
    let reached = false;
    other.on('message', () => (reached = true));
    const last = once(media, 'message', { signal: AbortSignal.timeout(WITHIN_MS) });
    for (const to of [other, media]) relay.send('', to.address().port, RELAYED_MEDIA_ADDRESS);
    await last;
    await pause(GRACE_MS);
    return reached;
  } catch {
    return true;
  } finally {
    for (const socket of sockets) socket.close();
  }
}
