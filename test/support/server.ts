import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import type { App, Overrides } from '../../server/app.ts';
import { RunningServer } from '../../server/running-server.ts';
import { freePort } from './free-port.ts';

/** A whole server in this process: real SQLite, real workers, any free port, a data folder of its own. */
export interface TestServer extends AsyncDisposable {
  readonly app: App;
  /** For example `http://localhost:7123`. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  close(): Promise<void>;
}

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
    ...environment,
  });
  const fail = (error: unknown) => {
    throw error;
  };
  // Tests cancel sooner than people; only those of a mistaken call want that noticed.
  const deadlines = { mistake: 0, ...overrides.deadlines };
  const server = await RunningServer.start(config, fail, { ...overrides, deadlines });
  const { port } = server;
  const close = async () => {
    await server.close();
    if (environment['DATA_DIR'] === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  const scheme = config.TLS_CERT === undefined ? 'http' : 'https';
  return {
    // A restore opens another one.
    get app() {
      return server.app;
    },
    port,
    dataDir,
    url: `${scheme}://localhost:${port}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}
