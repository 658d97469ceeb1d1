import { ConfigError, loadConfig } from '../config/load.ts';
import { createApp, type App } from './app.ts';
import { StartError } from './start-error.ts';

// What the server writes is its own: passwords' hashes, addresses, messages.
process.umask(0o077);

/** A terminal's Ctrl-C comes twice, from the terminal and from npm. */
const SAME_WISH_MS = 500;
/** Docker kills after ten seconds. */
const STOP_WITHIN_MS = 9_000;

let stoppedAt: number | undefined;

try {
  const config = loadConfig(process.env);
  const app = await createApp(config);
  const port = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(app));
  const scheme = config.TLS_CERT === undefined ? 'http' : 'https';
  console.log(`ChatAway is ready at ${config.PUBLIC_URL?.origin ?? `${scheme}://localhost:${port}`}`);
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof StartError;
  console.error(expected ? error.message : error);
  process.exit(1);
}

/** Drains; a second wish to stop is granted at once. */
function stop(app: App): void {
  const now = performance.now();
  if (stoppedAt !== undefined) {
    if (now - stoppedAt > SAME_WISH_MS) process.exit(1);
    return;
  }
  stoppedAt = now;
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  app.close().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
