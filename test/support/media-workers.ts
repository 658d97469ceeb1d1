import { observer, type types } from 'mediasoup';
import { AsyncLocalStorage } from 'node:async_hooks';

interface Seen {
  readonly worker: types.Worker;
  webRtcServer: types.WebRtcServer | undefined;
}

/** What a worker holds. */
export interface Held {
  readonly routers: number;
  readonly transports: number;
}

/** The media workers of one server in this process, seen through the library's own observer. */
export class MediaWorkersSeen {
  readonly #seen = new Set<Seen>();

  /** Those that run, the oldest first. */
  get workers(): types.Worker[] {
    return [...this.#seen].map(({ worker }) => worker);
  }

  get pids(): number[] {
    return this.workers.map(({ pid }) => pid);
  }

  /** What each of them holds. */
  holds(): Promise<Held[]> {
    return Promise.all(
      [...this.#seen].map(async ({ worker, webRtcServer }) => {
        const [{ routerIds }, dump] = await Promise.all([worker.dump(), webRtcServer?.dump()]);
        return { routers: routerIds.length, transports: dump?.webRtcTransportIds.length ?? 0 };
      }),
    );
  }

  async countRouters(): Promise<number> {
    return (await this.holds()).reduce((sum, { routers }) => sum + routers, 0);
  }

  /** Runs what starts a server; the workers that this starts, and those that replace them later, are seen here. */
  watch<T>(start: () => Promise<T>): Promise<T> {
    return starting.run(this, start);
  }

  add(worker: types.Worker): void {
    const seen: Seen = { worker, webRtcServer: undefined };
    this.#seen.add(seen);
    worker.observer.once('newwebrtcserver', (webRtcServer) => (seen.webRtcServer = webRtcServer));
    worker.observer.once('close', () => this.#seen.delete(seen));
  }
}

/** Whose workers are being started: what is called back for a worker, its death included, keeps this. */
const starting = new AsyncLocalStorage<MediaWorkersSeen>();
observer.on('newworker', (worker) => starting.getStore()?.add(worker));
