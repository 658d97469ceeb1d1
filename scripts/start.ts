// npm start: sets up what is missing, then is the server.
import { enableCompileCache } from 'node:module';
import { ensureClientBuild } from './client-build.ts';
import { cacheFolder } from './support/paths.ts';
import { command, say } from './support/setup-error.ts';
import { ensureTurn } from './turn.ts';
import { ensureWorker } from './worker/worker.ts';

await command(async () => {
  process.env['MEDIASOUP_WORKER_BIN'] = await ensureWorker(say);
  await ensureClientBuild(say);
  if (process.env['TURN'] === 'on') await ensureTurn(say);
});
// Everyone waits for a server that restarts: what Node has compiled once it keeps, which saves a third of the start.
enableCompileCache(cacheFolder('compiled'));
await import('../server/main.ts');
