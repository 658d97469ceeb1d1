import { existsSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setUpWorker } from '../../server/where-it-runs.ts';
import { findProgram } from '../support/apt.ts';
import { run } from '../support/run.ts';
import { cachedWorkerPath } from '../worker/cache.ts';
import { starts } from '../worker/probe.ts';
import { broken, type Check, doubt, type Finding, good } from './finding.ts';

const MIB = 2 ** 20;
/** Messages are small, and yet a full disk stops everything. */
const LITTLE_MIB = 1_024;
const TOO_LITTLE_MIB = 100;

/** Credentials of the relay and certificates are good for a time: both need a clock that is right. */
export const checkClock: Check = async () => {
  const { code, output } = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  const now = new Date().toISOString();
  const told = code === 0 ? output.trim() : '';
  if (told === 'yes') return [good('clock', `${now}, kept right over the network.`)];
  if (told === 'no') return [doubt('clock', `${now}, and not kept right over the network: turn NTP on.`)];
  // As in every container: nobody there could mend it, and a warning that never goes is not read.
  return [
    good(
      'clock',
      `${now}: compare it with yours. What keeps it right is not seen from here; of a container it is the host.`,
    ),
  ];
};

/** The data's, and that of the backups: no upgrade begins without one. */
export const checkDisk: Check = ({ DATA_DIR, BACKUP_DIR }) =>
  Promise.all([
    checkFolder('DATA_DIR', DATA_DIR),
    ...(BACKUP_DIR === undefined ? [] : [checkFolder('BACKUP_DIR', BACKUP_DIR)]),
  ]);

async function checkFolder(setting: 'DATA_DIR' | 'BACKUP_DIR', folder: string): Promise<Finding> {
  try {
    // One that is missing ChatAway makes itself, for its own user alone.
    const place = standing(folder);
    // With the dot, so that a file is none.
    await access(`${place}/.`, constants.W_OK | constants.R_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(place);
    const free = Math.floor((bavail * bsize) / MIB);
    if (free < TOO_LITTLE_MIB) return broken('disk', `${free} MiB are left for ${folder}: make room.`);
    if (free < LITTLE_MIB) return doubt('disk', `only ${free} MiB are left for ${folder}.`);
    return good('disk', `${free} MiB are left for ${folder}.`);
  } catch (error) {
    return broken(
      'disk',
      `${folder} cannot be used (${String(error)}): set ${setting} to a folder of this user's.`,
    );
  }
}

/** The folder or, where it is missing, the nearest one above it that is there. */
function standing(folder: string): string {
  let place = resolve(folder);
  while (!existsSync(place)) place = dirname(place);
  return place;
}

export const checkWorker: Check = async () => {
  const path = process.env['MEDIASOUP_WORKER_BIN'] ?? (await cachedWorkerPath());
  return (await starts(path))
    ? [good('media worker', `${path} runs here.`)]
    : [broken('media worker', `${path} does not run here: ${setUpWorker}.`)];
};

export const checkTurnPrograms: Check = async ({ TURN, TURN_HOST }) => {
  if (TURN === 'off') {
    return [
      doubt(
        'relay',
        'TURN is off: networks that let only web pages through have no calls. Set TURN=on, with a certificate.',
      ),
    ];
  }
  // It runs elsewhere; whether it does, checkRelay tells.
  if (TURN_HOST !== undefined) return [];
  const missing: string[] = [];
  for (const name of ['turnserver', 'setpriv']) if (!(await findProgram(name))) missing.push(name);
  return missing.length
    ? [broken('relay', `${missing.join(' and ')} not found: install coturn and util-linux.`)]
    : [good('relay', 'coturn is there.')];
};
