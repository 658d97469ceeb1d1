import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeBackup } from '../../server/db/backup.ts';
import { keepNewest } from '../../server/db/backup-folder.ts';
import { databaseFile, knownMigrations, openDatabase } from '../../server/db/database.ts';
import { startCommand } from '../support/command.ts';
import { addOneMessage, makeDatabase, stateOf } from '../support/database-state.ts';
import { temporaryFolder } from '../support/folder.ts';
import { follow, killPoints } from '../support/kill-points.ts';
import { repetitions } from '../support/repetitions.ts';

const POINTS = repetitions('KILL_POINTS', { quick: 6, nightly: 50 });
/** So many are in the database that is migrated, and in the one that is restored. */
const MIGRATED = 10_000;
const RESTORED = 3_000;
const PATIENCE = 15 * 60_000;

test(
  `killed at ${POINTS} points of a migration, the database has the old schema or the new one, and all its data`,
  async () => {
    await using folder = await temporaryFolder();
    const template = join(folder.path, 'old');
    await makeDatabase(template, { upTo: '0001-first.ts', messages: MIGRATED });
    const old = await stateOf(template);
    const migrations = await knownMigrations();
    expect(old).toMatchObject({ messages: MIGRATED, migrations: ['0001-first.ts'] });
    const fresh = async (name: string) => {
      const data = join(folder.path, name);
      await mkdir(data);
      await copyFile(databaseFile(template), databaseFile(data));
      return data;
    };
    const start = (data: string) => startCommand('test/support/programs/open-database.ts', [data], {});

    // The first run reads the program from the disk, the second is as all that follow.
    const first = await fresh('first');
    await follow(start(first), databaseFile(first));
    const whole = await fresh('whole');
    const measured = await follow(start(whole), databaseFile(whole));
    expect(measured.log).toBeGreaterThan(0);
    const { schema } = await stateOf(whole);
    const outcomes = { old: 0, new: 0, killed: 0 };
    for (const [index, enough] of killPoints(POINTS, measured).entries()) {
      const data = await fresh(String(index));
      const { killed } = await follow(start(data), databaseFile(data), enough);
      outcomes.killed += Number(killed);
      const state = await stateOf(data);
      const isOld = state.migrations.length === 1;
      if (isOld) expect(state).toEqual(old);
      else expect(state).toEqual({ ...old, migrations, schema, epoch: state.epoch });
      outcomes[isOld ? 'old' : 'new']++;
      // The next start goes on as if nothing had been.
      await (await openDatabase(data)).destroy();
      expect(await stateOf(data)).toMatchObject({ messages: MIGRATED, seqs: old.seqs, migrations, schema });
    }
    console.log(`a migration killed at ${POINTS} points:`, outcomes);
    expect(outcomes.old).toBeGreaterThan(0);
    expect(outcomes.killed).toBeGreaterThanOrEqual(POINTS / 4);
  },
  PATIENCE,
);

test(
  `killed at ${POINTS} points of a restore, the database is the one from before or the restored one`,
  async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const backups = join(folder.path, 'backups');
    await makeDatabase(data, { upTo: '0001-first.ts', messages: RESTORED });
    await (await openDatabase(data)).destroy();
    const { folder: backup } = await makeBackup({
      folder: data,
      backups: join(folder.path, 'kept'),
      reason: 'asked',
    });
    await addOneMessage(data);
    const start = () =>
      startCommand('scripts/restore.ts', [backup], {
        DATA_DIR: data,
        BACKUP_DIR: backups,
        LOG_LEVEL: 'silent',
      });

    // The first run reads the program from the disk, the second is as all that follow.
    await follow(start(), databaseFile(data));
    await addOneMessage(data);
    const measured = await follow(start(), databaseFile(data));
    expect(measured.output).toContain('Restored.');
    expect(measured.log).toBeGreaterThan(0);
    const outcomes = { old: 0, new: 0, killed: 0 };
    let before = await stateOf(data);
    expect(before.messages).toBe(RESTORED);
    for (const enough of killPoints(POINTS, measured)) {
      if (before.messages === RESTORED) await addOneMessage(data);
      before = await stateOf(data);
      expect(before.messages).toBe(RESTORED + 1);
      const { killed, output } = await follow(start(), databaseFile(data), enough);
      outcomes.killed += Number(killed);
      if (!killed) expect(output).toContain('Restored.');
      const after = await stateOf(data);
      const isOld = after.epoch === before.epoch;
      if (isOld) expect(after).toEqual(before);
      else
        expect(after).toMatchObject({
          messages: RESTORED,
          seqs: (RESTORED * (RESTORED + 1)) / 2,
          schema: before.schema,
        });
      outcomes[isOld ? 'old' : 'new']++;
      await (await openDatabase(data)).destroy();
      before = after;
      await keepNewest(backups, 1);
    }
    console.log(`a restore killed at ${POINTS} points:`, outcomes);
    expect(outcomes.old).toBeGreaterThan(0);
    expect(outcomes.killed).toBeGreaterThanOrEqual(POINTS / 4);
  },
  PATIENCE,
);
