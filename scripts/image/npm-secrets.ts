import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../support/run.ts';

/** Where the Dockerfile's steps see the second of the secrets. */
const CA_INSIDE = '/run/secrets/npm-ca';

/**
 * How npm reaches its registry on this machine, for the steps of the build that need it: `id=...,src=...` each, as both
 * builders take them. They are mounted for a step, and are in no layer.
 */
export async function npmSecrets(folder: string): Promise<string[]> {
  const userConfig = await npmSetting('userconfig');
  const text =
    userConfig === undefined ? undefined : await readFile(userConfig, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const caFile = await npmSetting('cafile');
  const lines = text.split('\n').filter((line) => !/^\s*cafile\s*=/.test(line));
  if (caFile !== undefined) lines.push(`cafile=${CA_INSIDE}`);
  const file = join(folder, 'npmrc');
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return [`id=npmrc,src=${file}`, ...(caFile === undefined ? [] : [`id=npm-ca,src=${caFile}`])];
}

async function npmSetting(name: string): Promise<string | undefined> {
  const { code, output } = await run('npm', ['config', 'get', name]);
  const value = output.trim();
  return code === 0 && value !== '' && value !== 'null' && value !== 'undefined' ? value : undefined;
}
