// npm run image: builds the image of docker/Dockerfile, with Docker where its engine runs, else with buildah, and prints
// how large it is. With "-- --test" it then runs test/image with it.
import { ensureBrowsers } from '../browsers.ts';
import { ensureLabTools } from '../lab-tools.ts';
import { ensurePackages } from '../support/apt.ts';
import { packageFile, ROOT } from '../support/paths.ts';
import { run } from '../support/run.ts';
import { command, say, SetupError } from '../support/setup-error.ts';
import { ensureBases } from './bases.ts';
import { Buildah } from './buildah.ts';
import { Docker } from './docker.ts';

/** By its compressed size, in bytes: what a machine has to download. */
const MOST_BYTES = 150e6;

await command(async () => {
  const wantsTest = process.argv.includes('--test');
  // The test takes the image apart, which Docker's engine would have to be asked for.
  const docker = wantsTest ? undefined : await Docker.find();
  const builder = docker ?? (await Buildah.open(say));
  if (builder instanceof Buildah) await ensureBases(builder, say);

  say(`Building ${builder.image} with ${builder.name} ...`);
  const began = performance.now();
  await builder.build();
  const bytes = await builder.compressedBytes();
  const seconds = Math.round((performance.now() - began) / 1000);
  say(`${builder.image}: ${(bytes / 1e6).toFixed(1)} MB compressed, built in ${seconds} s.`);
  if (bytes > MOST_BYTES)
    throw new SetupError(`The image is larger than ${MOST_BYTES / 1e6} MB: see what came in.`);

  if (!wantsTest) return;
  process.env['CHROMIUM_BIN'] = (await ensureBrowsers(say)).chromium;
  await ensureLabTools(say);
  await ensurePackages(['runc'], 'The test of the image', say);
  const { code } = await run(
    process.execPath,
    [packageFile('vitest', 'vitest.mjs'), 'run', '--config', 'test/image/vitest.config.ts'],
    { cwd: ROOT, show: true },
  );
  process.exitCode = code;
});
