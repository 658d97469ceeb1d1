// node docker/build-worker.ts PATH: builds the media worker as scripts/worker does, and puts it there. Nothing is
// downloaded ready-made: the image has the same worker on every processor.
import { copyFile, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../scripts/support/apt.ts';
import { command, say, SetupError } from '../scripts/support/setup-error.ts';
import { BUILD_PACKAGES, buildWorker } from '../scripts/worker/build.ts';
import { starts } from '../scripts/worker/probe.ts';

await command(async () => {
  const [target = ''] = process.argv.slice(2);
  await ensurePackages(BUILD_PACKAGES, 'Building the media worker', say);
  const scratch = await mkdtemp(join(tmpdir(), 'worker-'));
  const log = join(scratch, 'log');
  const built = await buildWorker(scratch, log, say).catch(async (error: unknown) => {
    // The file is gone with the failed build.
    process.stderr.write(await readFile(log, 'utf8').catch(() => ''));
    throw error;
  });
  if (!(await starts(built)))
    throw new SetupError('The media worker that was built does not run: report it.');
  await copyFile(built, target);
});
