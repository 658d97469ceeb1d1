import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../scripts/support/paths.ts';
import { run } from './command.ts';

const SOURCE = join(import.meta.dirname, 'link.c');
const OPTIONS = ['-std=c17', '-O2', '-Wall', '-Wextra', '-Werror'];

/** The path of the compiled link.c; compiled once a machine and version of it. */
export async function linkProgram(): Promise<string> {
  const source = await readFile(SOURCE);
  const hash = createHash('sha256').update(source).update(OPTIONS.join(' ')).digest('hex').slice(0, 16);
  const folder = cacheFolder('lab');
  const program = join(folder, `link-${hash}`);
  const there = await access(program).then(
    () => true,
    () => false,
  );
  if (!there) {
    await mkdir(folder, { recursive: true });
    const scratch = `${program}.${process.pid}`;
    await run('gcc', ...OPTIONS, '-o', scratch, SOURCE);
    // Whoever compiles at the same time puts the same in place.
    await rename(scratch, program);
  }
  return program;
}
