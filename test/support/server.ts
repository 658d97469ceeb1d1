import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import type { App } from '../../server/app.ts';
import type { Overrides } from '../../server/app/overrides.ts';
import { RunningServer } from '../../server/running-server.ts';
import { freePort } from './free-port.ts';
import { MediaWorkersSeen } from './media-workers.ts';
import { Scrape } from './metrics.ts';

/** A whole server in this process: real SQLite, real workers, any free port, a data folder of its own. */
export interface TestServer extends AsyncDisposable {
  readonly app: App;
  /** Its media workers. */
  readonly media: MediaWorkersSeen;
  /** For example `http://localhost:7123`. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** How many rooms of media the server believes there are. */
  countRooms(): Promise<number>;
  close(): Promise<void>;
}

const METRICS_TOKEN = 'the token of every test server';

/** Starts a server; rate limits are a million times raised unless `environment` says otherwise. */
export async function startServer(
  environment: Record<string, string> = {},
  overrides: Overrides = {},
): Promise<TestServer> {
  const dataDir = environment['DATA_DIR'] ?? (await mkdtemp(join(tmpdir(), 'chataway-test-')));
  const config = loadConfig({
    PORT: String(await freePort()),
    MEDIA_PORT: '0',
    MEDIA_WORKERS: '1',
    MEDIA_ADDRESSES: '127.0.0.1',
    RATE_LIMIT_FACTOR: '1000000',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
    DATA_DIR: dataDir,
    METRICS_TOKEN,
    ...environment,
  });
  const fail = (error: unknown) => {
    throw error;
  };
  // Tests cancel sooner than people; only those of a mistaken call want that noticed.
  const deadlines = { mistake: 0, ...overrides.deadlines };
  const media = new MediaWorkersSeen();
  const server = await media.watch(() => RunningServer.start(config, fail, { ...overrides, deadlines }));
  const { port } = server;
  const close = async () => {
    await server.close();
    if (environment['DATA_DIR'] === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  const scheme = config.TLS_CERT === undefined ? 'http' : 'https';
  const url = `${scheme}://localhost:${port}`;
  return {
    // A restore opens another one.
    get app() {
      return server.app;
    },
    media,
    port,
    dataDir,
    url,
    async countRooms() {
      const rooms = (await Scrape.of(url, config.METRICS_TOKEN ?? '')).value('chataway_media_rooms');
      if (rooms === undefined) throw new Error('no worker says how many rooms it has');
      return rooms;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
