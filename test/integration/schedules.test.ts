import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { schedules } from '../support/call-schedules.ts';
import { temporaryFolder } from '../support/folder.ts';
import { repetitions } from '../support/repetitions.ts';
import { FastServer, SocketWorld } from '../support/socket-world.ts';

/** The schedules of the core's own test, against a real server. */
const RUNS = repetitions('SOCKET_SCHEDULES', { quick: 10, nightly: 200 });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: FastServer;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = await FastServer.start(folder.path);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

test(
  'whatever people do, all devices agree on every call within 5 s, and every call ends',
  { timeout: RUNS * 20_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async ({ people, devices, groups }) => {
        using world = await SocketWorld.create(server, people, devices);
        for (const steps of groups) {
          await world.take(steps);
          await world.agree();
        }
        await world.quiet();
        await world.agree();
      }),
      {
        numRuns: RUNS,
        endOnFailure: true,
        ...(process.env['SEED'] && { seed: Number(process.env['SEED']) }),
      },
    );
  },
);
