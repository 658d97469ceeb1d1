// The server as a child of the benchmark. It differs from server/main.ts in telling its port by message.
import { tell } from './ends-with-parent.ts';
import { loadConfig } from '../../config/load.ts';
import { createApp } from '../../server/app.ts';
import { createPlainCalls } from './plain-calls.ts';

const app = await createApp(loadConfig(process.env));
const port = await app.listen();
process.once('SIGTERM', () => {
  void app.close().then(() => process.exit(0));
});
process.on('message', ({ plainCalls, keyBase64 }: { plainCalls: number; keyBase64: string }) => {
  void createPlainCalls(app, plainCalls, keyBase64).then((ports) => tell({ ports }));
});
tell({ port });
