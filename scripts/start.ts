// npm start: sets up what is missing, then is the server.
import { enableCompileCache } from 'node:module';
import type { Config } from '../config/load.ts';
import { ensureClientBuild } from './client-build.ts';
import { cacheFolder } from './support/paths.ts';
import { command, say, SetupError } from './support/setup-error.ts';
import { ensureTurn } from './turn.ts';
import { ensureWorker } from './worker/worker.ts';

// Everyone waits for a server that restarts: what Node has compiled once it keeps, which saves a third of the start.
enableCompileCache(cacheFolder('compiled'));
await command(async () => {
  const { TURN, TURN_HOST } = await readSettings();
  process.env['MEDIASOUP_WORKER_BIN'] = await ensureWorker(say);
  await ensureClientBuild(say);
  // A relay that runs elsewhere needs nothing here.
  if (TURN === 'on' && TURN_HOST === undefined) await ensureTurn(say);
});
await import('../server/main.ts');

/** First of all, so that nobody waits for minutes of setting up to read that a setting is wrong. */
async function readSettings(): Promise<Config> {
  const { ConfigError, loadConfig } = await import('../config/load.ts');
  try {
    return loadConfig(process.env);
  } catch (error) {
    throw error instanceof ConfigError ? new SetupError(error.message, { cause: error }) : error;
  }
}
