import { once } from 'node:events';
import { connect } from 'node:net';

const ANSWERS_WITHIN_MS = 3_000;

/** Whether something takes TCP connections there. */
export async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: ANSWERS_WITHIN_MS });
  socket.once('timeout', () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
