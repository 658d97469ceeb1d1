// The server as a child of the benchmark. It differs from server/main.ts in telling its port by message.
import { observer, type types } from 'mediasoup';
import { tell } from './ends-with-parent.ts';
import { loadConfig } from '../../config/load.ts';
import { RunningServer } from '../../server/running-server.ts';
import { createPlainCalls } from './plain-calls.ts';

const workers: types.Worker[] = [];
observer.on('newworker', (worker) => workers.push(worker));
const server = await RunningServer.start(loadConfig(process.env), () => process.exit(1));
const { port } = server;
process.once('SIGTERM', () => {
  void server.close().then(() => process.exit(0));
});
process.on('message', ({ plainCalls, keyBase64 }: { plainCalls: number; keyBase64: string }) => {
  void createPlainCalls(workers, plainCalls, keyBase64).then((ports) => tell({ ports }));
});
tell({ port });
