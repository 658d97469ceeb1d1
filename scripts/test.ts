// npm test: sets up what the tests need besides the server, then runs all of them, or those that the
// arguments choose, which are vitest's. npm run test:nightly sets NIGHTLY=on: the same tests, with the
// numbers of repetitions of test/support/repetitions.ts.
import { ensureBrowsers } from './browsers.ts';
import { ensureClientBuild } from './client-build.ts';
import { ensureLabTools } from './lab-tools.ts';
import { ensureNginx } from './nginx.ts';
import { ensurePebble } from './pebble.ts';
import { packageFile, ROOT } from './support/paths.ts';
import { run } from './support/run.ts';
import { command, say } from './support/setup-error.ts';
import { ensureTurn } from './turn.ts';
import { ensureWorker } from './worker/worker.ts';

await command(async () => {
  process.env['MEDIASOUP_WORKER_BIN'] = await ensureWorker(say);
  await ensureClientBuild(say);
  const { chromium, firefox } = await ensureBrowsers(say);
  process.env['CHROMIUM_BIN'] = chromium;
  process.env['FIREFOX_BIN'] = firefox;
  await ensureLabTools(say);
  // Without root the tests of the relay say themselves that they are skipped, where it is missing.
  if (process.getuid?.() === 0) await ensureTurn(say);
  await ensurePebble(say);
  await ensureNginx(say);
  if (process.env['NIGHTLY'] === 'on')
    say('Running the nightly form of the tests, which takes some hours ...');

  const { code } = await run(
    process.execPath,
    [packageFile('vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)],
    { cwd: ROOT, show: true },
  );
  process.exitCode = code;
});
