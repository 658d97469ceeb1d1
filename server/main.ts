import { ConfigError, loadConfig } from '../config/load.ts';
import { RunningServer } from './running-server.ts';
import { StartError } from './start-error.ts';

// What the server writes is its own: passwords' hashes, addresses, messages.
process.umask(0o077);

/** A terminal's Ctrl-C comes twice, from the terminal and from npm. */
const SAME_WISH_MS = 500;
/** Docker kills after ten seconds, unless it is told otherwise. */
const STOP_WITHIN_MS = 9_000;

let stoppedAt: number | undefined;

try {
  const config = loadConfig(process.env);
  const server = await RunningServer.start(config, fail);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(server));
  console.log(`ChatAway is ready at ${server.address}`);
  const hint = await server.app.hint();
  if (hint !== undefined) console.log(hint);
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  const expected = error instanceof ConfigError || error instanceof StartError;
  console.error(expected ? error.message : error);
  process.exit(1);
}

/** Drains; a second wish to stop is granted at once. */
function stop(server: RunningServer): void {
  const now = performance.now();
  if (stoppedAt !== undefined) {
    if (now - stoppedAt > SAME_WISH_MS) process.exit(1);
    return;
  }
  stoppedAt = now;
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  server.close().then(() => process.exit(0), fail);
}
