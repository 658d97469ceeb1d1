import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFile } from '../support/paths.ts';
import { run } from '../support/run.ts';

/** Long enough for 10 MB over a slow line, short enough where packets are dropped. */
const LIMIT_MS = 90_000;

/**
 * Lets mediasoup's own install script download its prebuilt worker into
 * `scratch`; undefined where it does not come. The script works below its
 * current folder, so node_modules stay as npm made them. It would go on to a
 * build of its own with pip, of which no part is wanted: `false` for Python
 * ends it there. mediasoup offers no checksum, only HTTPS.
 */
export async function downloadWorker(scratch: string): Promise<string | undefined> {
  await mkdir(join(scratch, 'worker'), { recursive: true });
  await run(process.execPath, [packageFile('mediasoup', 'npm-scripts.mjs'), 'postinstall'], {
    cwd: scratch,
    env: { ...process.env, PYTHON: 'false' },
    timeoutMs: LIMIT_MS,
  });
  const path = join(scratch, 'worker', 'out', 'Release', 'mediasoup-worker');
  return access(path).then(
    () => path,
    () => undefined,
  );
}
