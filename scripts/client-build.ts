import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './support/lock.ts';
import { packageFile, ROOT } from './support/paths.ts';
import { run } from './support/run.ts';
import { type Say, SetupError } from './support/setup-error.ts';

const OUTPUT = join(ROOT, 'dist', 'client');
/** Beside what was built, so that it vanishes with it; written last, so that a broken-off build has none. */
const STAMP = join(OUTPUT, '.build-hash');

/**
 * Builds the client into dist/client unless what is there was built from the
 * same sources. Throws a SetupError where the build fails.
 */
export async function ensureClientBuild(say: Say): Promise<void> {
  const hash = await sourceHash();
  if (await isBuilt(hash)) return;

  await withLock(
    packageFile('.cache', 'chataway-client.lock'),
    () => {
      say('Waiting for another build of the client ...');
    },
    async () => {
      if (!(await isBuilt(hash))) await build(hash, say);
    },
  );
}

async function build(hash: string, say: Say): Promise<void> {
  say('Building the client ...');
  const config = join(ROOT, 'client', 'vite.config.ts');
  const { code, output } = await run(process.execPath, [
    packageFile('vite', 'bin', 'vite.js'),
    'build',
    ...['--config', config, '--logLevel', 'warn'],
  ]);
  if (code !== 0) {
    process.stderr.write(`${output}\n`);
    throw new SetupError('The client could not be built: mend what vite says above, then start again.');
  }
  await writeFile(STAMP, hash);
}

async function isBuilt(hash: string): Promise<boolean> {
  return (await readFile(STAMP, 'utf8').catch(() => '')) === hash;
}

/** A hash over the names and contents of everything that the client is built from. */
async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  const files = [
    ...(await filesBelow(join(ROOT, 'client'))),
    ...(await filesBelow(join(ROOT, 'server', 'protocol'))),
    join(ROOT, 'package-lock.json'),
  ];
  for (const file of files) {
    hash
      .update(file.slice(ROOT.length))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  }
  return hash.digest('hex');
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
