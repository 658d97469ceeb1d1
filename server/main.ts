import { ConfigError, loadConfig } from '../config/load.ts';
import { RunningServer } from './running-server.ts';
import { StartError } from './start-error.ts';

// What the server writes is its own: passwords' hashes, addresses, messages.
process.umask(0o077);

try {
  const config = loadConfig(process.env);
  const server = await RunningServer.start(config, fail);
  process.once('SIGTERM', () => stop(server));
  process.once('SIGINT', () => stop(server));
  const scheme = config.TLS_CERT === undefined ? 'http' : 'https';
  console.log(`ChatAway is ready at ${config.PUBLIC_URL?.origin ?? `${scheme}://localhost:${server.port}`}`);
} catch (error) {
  fail(error);
}

function stop(server: RunningServer): void {
  server.close().then(() => process.exit(0), fail);
}

function fail(error: unknown): void {
  const expected = error instanceof ConfigError || error instanceof StartError;
  console.error(expected ? error.message : error);
  process.exit(1);
}
