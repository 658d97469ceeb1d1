import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, packageFile } from '../support/paths.ts';

/** The version of mediasoup that is installed: worker and library belong together, and nothing else checks it. */
export async function mediasoupVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(packageFile('mediasoup', 'package.json'), 'utf8'));
  if (
    typeof manifest === 'object' &&
    manifest &&
    'version' in manifest &&
    typeof manifest.version === 'string'
  ) {
    return manifest.version;
  }
  throw new Error('The package.json of mediasoup has no version.');
}

/**
 * Where this machine keeps its worker: outside the checkout, so that it is made
 * once a machine, and under another name for each version, recipe and processor.
 */
export async function cachedWorkerPath(): Promise<string> {
  const key = `${await mediasoupVersion()}-${await recipeHash()}-${process.arch}`;
  return join(cacheFolder('worker', key), 'mediasoup-worker');
}

/** A hash over everything that decides what the build makes. */
async function recipeHash(): Promise<string> {
  const folder = import.meta.dirname;
  const shims = await readdir(join(folder, 'debian'), { recursive: true, withFileTypes: true });
  const files = shims.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of [join(folder, 'build.ts'), ...files.sort()]) {
    hash
      .update(file.slice(folder.length))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}
