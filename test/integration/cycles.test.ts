import { readdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCall, couple, invite, type Couple } from '../support/call.ts';
import { camera, fingerprint, joinMedia, microphone } from '../support/media.ts';
import { repetitions } from '../support/repetitions.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const CYCLES = repetitions('CALL_CYCLES', { quick: 150, nightly: 500 });
/** Every fifth call is left in the middle, at one of these points in turn. */
const ABANDON_EVERY = 5;
const POINTS = ['while it rings', 'once answered', 'once joined', 'while joining'] as const;

let server: TestServer;
beforeAll(async () => {
  const deadlines = { callerGrace: 50, connecting: 2_000, reconnecting: 50 };
  server = await startServer({ LOG_LEVEL: 'error' }, { deadlines });
});
afterAll(() => server.close());

async function talk({ a, b }: Couple, callId: string): Promise<void> {
  for (const tab of [a, b]) {
    const { sendTransport } = await joinMedia(tab, callId);
    const transportId = sendTransport.id;
    await tab.request('connectTransport', { callId, transportId, dtlsParameters: fingerprint() });
    await tab.request('produce', {
      callId,
      source: 'microphone',
      rtpParameters: microphone(),
      paused: false,
    });
    await tab.request('produce', { callId, source: 'camera', rtpParameters: camera(), paused: false });
  }
}

/** Closes a tab in the middle of a call, as a crash does. */
async function abandon(world: Couple, point: (typeof POINTS)[number]): Promise<void> {
  const callId =
    point === 'while it rings' ? await invite(world.a, world.conversationId) : await connectCall(world);
  if (point === 'once joined') await talk(world, callId);
  const joining = point === 'while joining' ? Promise.allSettled([joinMedia(world.a, callId)]) : undefined;
  world.a.socket.terminate();
  await joining;
  await world.b.next('call', ({ call }) => call.id === callId && call.state === 'ended');
}

const hold = async () => ({ rooms: await server.countRooms(), workers: await server.media.holds() });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Open descriptors, and memory in MiB: the heap of this process, where the server runs, and all of its worker. */
async function usage() {
  const pid = server.media.pids[0] ?? 0;
  collectGarbage();
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return {
    descriptors: (await readdir('/proc/self/fd')).length,
    workerDescriptors: (await readdir(`/proc/${pid}/fd`)).length,
    heap: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
    workerMemory: Math.round((pages * 4096) / 2 ** 20),
  };
}

/** Some calls of two people who come and go. */
async function cycle(count: number): Promise<void> {
  for (let done = 0; done < count;) {
    using world = await couple(server.url);
    // A tab that was closed does not come back, so an abandoned call is a couple's last.
    for (; done < count; done++) {
      const index = Math.floor(done / ABANDON_EVERY) % POINTS.length;
      if (done % ABANDON_EVERY === ABANDON_EVERY - 1) {
        await abandon(world, POINTS[index] ?? 'once joined');
        done += 1;
        break;
      }
      const callId = await connectCall(world);
      await talk(world, callId);
      await (done % 2 === 0 ? world.a : world.b).request('endCall', { callId });
    }
  }
}

test(
  `${CYCLES} calls, every fifth of them abandoned, leave nothing behind`,
  { timeout: 240_000 },
  async () => {
    const nothing = { rooms: 0, workers: [{ routers: 0, transports: 0 }] };
    // What is made once and kept is made first.
    await cycle(50);
    await until(
      'the first calls to be gone',
      async () => JSON.stringify(await hold()) === JSON.stringify(nothing),
    );
    const before = await usage();
    await cycle(CYCLES);
    await until('the calls to be gone', async () => JSON.stringify(await hold()) === JSON.stringify(nothing));
    expect(await hold()).toEqual(nothing);
    const after = await until('descriptors to be closed', async () => {
      const now = await usage();
      return now.descriptors <= before.descriptors + 2 && now;
    });
    console.log(`before ${CYCLES} calls: ${JSON.stringify(before)}; after: ${JSON.stringify(after)}`);
    expect(after.workerDescriptors).toBe(before.workerDescriptors);
    // Less than 100 kB a call, and a little for what is made by chance later than the first calls.
    const allowed = 5 + CYCLES * 0.1;
    expect(after.workerMemory - before.workerMemory).toBeLessThan(allowed);
    expect(after.heap - before.heap).toBeLessThan(allowed);
  },
);
