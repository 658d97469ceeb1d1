import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { MediaObserver } from './observer.ts';

/** A worker process, with the one port, UDP and TCP, that all its transports share. */
export interface MediaWorker {
  readonly worker: types.Worker;
  readonly webRtcServer: types.WebRtcServer;
  readonly port: number;
  /** How many rooms it has: the measure of its load. */
  rooms: number;
}

/** What a worker uses. */
export interface WorkerUsage {
  /** Its place, which the worker after it takes over. */
  readonly index: number;
  /** User and system time. */
  readonly cpuSeconds: number;
  readonly rooms: number;
}

const RESTART_AFTER_MS = 1_000;

interface Options {
  count: number;
  firstPort: number;
  /** What the ports take. */
  protocols: readonly types.TransportProtocol[];
  /** Where the relay finds the media, if there is one. */
  relayedAddress: string | undefined;
  observer: MediaObserver;
  logger: Logger;
}

/** The media workers. One that dies is replaced; what it carried is told to `onDied`, once. */
export class MediaWorkers {
  readonly #options: Options;
  readonly #workers = new Map<number, MediaWorker>();
  readonly #onDied: ((worker: MediaWorker) => void)[] = [];
  #closed = false;

  private constructor(options: Options) {
    this.#options = options;
  }

  /** Starts all workers. @throws {Error} where a worker does not start or its port is taken. */
  static async start(options: Options): Promise<MediaWorkers> {
    const workers = new MediaWorkers(options);
    try {
      for (let index = 0; index < options.count; index++) await workers.#start(index);
    } catch (error) {
      await workers.close();
      throw error;
    }
    return workers;
  }

  onDied(listener: (worker: MediaWorker) => void): void {
    this.#onDied.push(listener);
  }

  get protocols(): readonly types.TransportProtocol[] {
    return this.#options.protocols;
  }

  get relayedAddress(): string | undefined {
    return this.#options.relayedAddress;
  }

  /** The worker with the fewest rooms. @throws {AppError} `overloaded` while none runs. */
  leastLoaded(): MediaWorker {
    let least: MediaWorker | undefined;
    for (const worker of this.#workers.values()) if (!least || worker.rooms < least.rooms) least = worker;
    if (least === undefined) {
      throw new AppError('overloaded', 'The media server is starting again. Try again in a moment.');
    }
    return least;
  }

  all(): MediaWorker[] {
    return [...this.#workers.values()];
  }

  /** What each worker that answers uses. */
  async usage(): Promise<WorkerUsage[]> {
    const asked = [...this.#workers].map(async ([index, { worker, rooms }]) => {
      const { ru_utime: user, ru_stime: system } = await worker.getResourceUsage();
      return { index, cpuSeconds: (user + system) / 1_000, rooms };
    });
    // One that dies just now answers no more.
    const answers = await Promise.allSettled(asked);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  /** Resolves when their processes are gone, and their ports free. */
  async close(): Promise<void> {
    this.#closed = true;
    const workers = this.all().map(({ worker }) => worker);
    this.#workers.clear();
    await Promise.all(
      workers.map(async (worker) => {
        const gone = worker.subprocessClosed || once(worker, 'subprocessclose');
        worker.close();
        await gone;
      }),
    );
  }

  async #start(index: number): Promise<void> {
    const port = this.#options.firstPort === 0 ? 0 : this.#options.firstPort + index;
    // The library reads this when it is loaded, which at a machine's first start is before the program was built.
    const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
    const worker = await mediasoup.createWorker({ logLevel: 'warn', ...(workerBin && { workerBin }) });
    try {
      const webRtcServer = await worker.createWebRtcServer({
        listenInfos: listenInfos(port, this.#options),
      });
      if (this.#closed) throw new Error('the workers were closed meanwhile');
      const entry: MediaWorker = { worker, webRtcServer, port, rooms: 0 };
      this.#workers.set(index, entry);
      this.#options.logger.info({ pid: worker.pid, port }, 'a media worker runs');
      worker.once('died', () => this.#replace(index, entry));
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  #replace(index: number, dead: MediaWorker): void {
    if (this.#closed) return;
    this.#workers.delete(index);
    this.#options.observer.workerDied();
    this.#options.logger.error({ pid: dead.worker.pid, port: dead.port }, 'a media worker died');
    // Calls learn at once that they have no media; whoever joins again before a worker is there tries on.
    for (const listener of this.#onDied) listener(dead);
    this.#restart(index);
  }

  /** The dead one's port is free at once on the same machine; where it is not, try on. */
  #restart(index: number): void {
    this.#start(index).catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a media worker did not start again');
      setTimeout(() => {
        if (!this.#closed) this.#restart(index);
      }, RESTART_AFTER_MS).unref();
    });
  }
}

/** Every address of the machine, of each family that it has, and the one for the relay. */
function listenInfos(port: number, { protocols, relayedAddress }: Options): types.TransportListenInfo[] {
  const everywhere = [{ ip: '0.0.0.0' }, ...(hasIpv6() ? [{ ip: '::', flags: { ipv6Only: true } }] : [])];
  return [
    ...everywhere.flatMap((listen) => protocols.map((protocol) => ({ ...listen, port, protocol }))),
    // A port of its own: beside a socket for all addresses the same port cannot be had.
    ...(relayedAddress === undefined ? [] : [{ ip: relayedAddress, protocol: 'udp' as const }]),
  ];
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6'));
}
