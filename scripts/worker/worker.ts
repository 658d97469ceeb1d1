import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensurePackages, hasApt } from '../support/apt.ts';
import { withLock } from '../support/lock.ts';
import { type Say, SetupError } from '../support/setup-error.ts';
import { BUILD_PACKAGES, buildWorker } from './build.ts';
import { cachedWorkerPath } from './cache.ts';
import { downloadWorker } from './download.ts';
import { carriesMedia, starts } from './probe.ts';

/**
 * The path of a mediasoup worker that runs on this machine: the one that
 * MEDIASOUP_WORKER_BIN names, else ours from the cache, else mediasoup's own
 * prebuilt one, else one that is built here. README.md beside this file tells
 * why. Throws a SetupError where none of these is to be had.
 */
export async function ensureWorker(say: Say): Promise<string> {
  const given = process.env['MEDIASOUP_WORKER_BIN'];
  if (given) {
    if (await starts(given)) return given;
    throw new SetupError(
      `MEDIASOUP_WORKER_BIN names ${given}, which is no mediasoup worker that runs here: correct it, or unset it to have one made.`,
    );
  }

  const path = await cachedWorkerPath();
  if (await starts(path)) return path;

  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
  } catch {
    throw new SetupError(
      `The folder ${folder} for the media worker cannot be made: make it writable, or set XDG_CACHE_HOME to one that is.`,
    );
  }
  await withLock(
    join(folder, 'lock'),
    () => {
      say('Waiting for another start of ChatAway that is getting the media worker ...');
    },
    async () => {
      if (!(await starts(path))) await makeWorker(path, say);
    },
  );
  return path;
}

/** Puts a worker at `path`, with one rename, so that nobody ever starts half of one. */
async function makeWorker(path: string, say: Say): Promise<void> {
  const scratch = await mkdtemp(join(dirname(path), 'scratch-'));
  try {
    say('Downloading the media worker that mediasoup offers ...');
    const downloaded = await downloadWorker(scratch);
    if (downloaded && (await starts(downloaded)) && (await carriesMedia(downloaded))) {
      await rename(downloaded, path);
      return;
    }

    if (!(await hasApt())) {
      throw new SetupError(
        'mediasoup offers no media worker that can be downloaded and runs here, and building one is prepared for Debian and Ubuntu only: check the way to github.com, or set MEDIASOUP_WORKER_BIN to a worker of your own.',
      );
    }
    await ensurePackages(BUILD_PACKAGES, 'Building the media worker', say);
    // A cache that came from another machine lacked only the libraries.
    if (await starts(path)) return;

    say('Building the media worker: some minutes, once on this machine ...');
    const built = await buildWorker(scratch, join(dirname(path), 'build.log'), say);
    if (!(await starts(built)) || !(await carriesMedia(built))) {
      throw new SetupError(
        'The media worker that was built here does not run: set MEDIASOUP_WORKER_BIN to one that does, and please report it.',
      );
    }
    await chmod(built, 0o755);
    await rename(built, path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
