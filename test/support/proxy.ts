import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy in front of a server, which counts what passes and can hold everything back, as a dead link does. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** Bytes that the server has sent so far. */
  readonly received: number;
  /** From now on nothing passes in either direction, of new connections neither, and nobody is told. */
  cut(): void;
  /** Whoever connects from now on gets through; what there was is lost. */
  mend(): void;
}

export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let received = 0;
  let isCut = false;
  const listener = createServer((client) => {
    if (isCut) {
      sockets.add(client.on('error', () => client.destroy()));
      return;
    }
    const upstream = connect(Number(port), hostname);
    upstream.on('data', (data) => (received += data.length));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, 'localhost', resolve));
  const loseAll = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `http://localhost:${(listener.address() as AddressInfo).port}`,
    get received() {
      return received;
    },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    mend() {
      isCut = false;
      loseAll();
    },
    async [Symbol.asyncDispose]() {
      loseAll();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
