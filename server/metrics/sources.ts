import type { CallState } from '#protocol/call';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What one media worker uses. */
interface WorkerUsage {
  /** Its place, which the worker after it takes over. */
  readonly index: number;
  readonly cpuSeconds: number;
  readonly rooms: number;
}

/** What stands somewhere else already, and is read when somebody asks. */
export interface Sources {
  /** The states of the calls that have not ended. */
  callStates(): Iterable<CallState>;
  /** Open WebSocket connections. */
  sockets(): number;
  peopleOnline(): number;
  /** How many media workers there should be. */
  workersWanted: number;
  workers(): Promise<WorkerUsage[]>;
  /** Transports of calls that are connected, by the way that media takes. */
  transports(): Record<'udp' | 'tcp' | 'relayed', number>;
  /** Of the database's files. */
  databaseBytes(): Promise<number>;
}

const LIVE_STATES: CallState[] = ['calling', 'ringing', 'connecting', 'active', 'reconnecting'];

export function watch(registry: Registry, sources: Sources): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name: `chataway_${name}`,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  gauge('sockets', 'Open WebSocket connections.', () => sources.sockets());
  gauge('people_online', 'People with at least one connection.', () => sources.peopleOnline());
  gauge('database_size_bytes', 'The database with its log.', () => sources.databaseBytes());
  gauge('media_workers_wanted', 'How many media workers there should be.', () => sources.workersWanted);
  new Gauge({
    name: 'chataway_calls_live',
    help: 'Calls that have not ended, by their state.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      for (const state of LIVE_STATES) this.set({ state }, 0);
      for (const state of sources.callStates()) this.inc({ state });
    },
  });
  new Gauge({
    name: 'chataway_media_transports',
    help: 'Connected transports of calls, by the way that media takes.',
    labelNames: ['protocol'] as const,
    registers,
    collect() {
      for (const [protocol, count] of Object.entries(sources.transports())) this.set({ protocol }, count);
    },
  });
  watchWorkers(registry, sources);
}

/** All three from one look at the workers a scrape. Each waits for it: the library reads a metric once its own collect is done. */
function watchWorkers(registry: Registry, sources: Sources): void {
  const registers = [registry];
  let looking: Promise<WorkerUsage[]> | undefined;
  const look = () => (looking ??= sources.workers().finally(() => (looking = undefined)));
  new Gauge({
    name: 'chataway_media_rooms',
    help: 'Rooms on a media worker.',
    labelNames: ['worker'] as const,
    registers,
    async collect() {
      const workers = await look();
      this.reset();
      for (const { index, rooms } of workers) this.set({ worker: index }, rooms);
    },
  });
  new Counter({
    name: 'chataway_media_worker_cpu_seconds_total',
    help: 'Processor time of a media worker; it begins anew where one was replaced.',
    labelNames: ['worker'] as const,
    registers,
    async collect() {
      const workers = await look();
      this.reset();
      for (const { index, cpuSeconds } of workers) this.inc({ worker: index }, cpuSeconds);
    },
  });
  new Gauge({
    name: 'chataway_media_workers',
    help: 'Media workers that run.',
    registers,
    async collect() {
      this.set((await look()).length);
    },
  });
}
