import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../../server/db/database.ts';
import { schedules } from '../../../support/call-schedules.ts';
import { CallWorld } from '../../../support/call-world.ts';
import { repetitions } from '../../../support/repetitions.ts';

const RUNS = repetitions('CALL_SCHEDULES', { quick: 500, nightly: 10_000 });

let folder: string;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chataway-schedules-'));
  database = await openDatabase(folder);
  // What is tried here is the logic; that a commit is on disk is tried elsewhere.
  await database.raw('pragma synchronous = off');
});
afterAll(async () => {
  await database.destroy();
  await rm(folder, { recursive: true, force: true });
  // What 10,000 schedules have written takes longer to close.
}, 60_000);

test(
  'no schedule of people, devices, restarts and time breaks what must hold of calls',
  { timeout: RUNS * 200 },
  async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async ({ people, devices, groups }) => {
        const world = await CallWorld.create(database, people, devices);
        for (const steps of groups) {
          await world.take(steps);
          expect(await world.violations()).toEqual([]);
        }
        await world.outlast();
        expect(await world.violations()).toEqual([]);
        expect(await world.countLive()).toBe(0);
      }),
      { numRuns: RUNS, ...(process.env['SEED'] && { seed: Number(process.env['SEED']) }) },
    );
  },
);
