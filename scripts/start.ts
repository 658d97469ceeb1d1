// npm start: sets up what is missing, then is the server.
import { ensureClientBuild } from './client-build.ts';
import { command, say } from './support/setup-error.ts';
import { ensureTurn } from './turn.ts';
import { ensureWorker } from './worker/worker.ts';

await command(async () => {
  process.env['MEDIASOUP_WORKER_BIN'] = await ensureWorker(say);
  await ensureClientBuild(say);
  if (process.env['TURN'] === 'on') await ensureTurn(say);
});
await import('../server/main.ts');
