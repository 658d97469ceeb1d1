import { ConfigError, loadConfig } from '../config/load.ts';
import { createApp, type App } from './app.ts';
import { StartError } from './start-error.ts';

// What the server writes is its own: passwords' hashes, addresses, messages.
process.umask(0o077);

try {
  const config = loadConfig(process.env);
  const app = await createApp(config);
  const port = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  process.once('SIGTERM', () => stop(app));
  process.once('SIGINT', () => stop(app));
  const scheme = config.TLS_CERT === undefined ? 'http' : 'https';
  console.log(`ChatAway is ready at ${config.PUBLIC_URL?.origin ?? `${scheme}://localhost:${port}`}`);
  const hint = await app.hint();
  if (hint !== undefined) console.log(hint);
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof StartError;
  console.error(expected ? error.message : error);
  process.exit(1);
}

function stop(app: App): void {
  app.close().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
