import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end and returns what it printed. @throws {Error} with what it complained of. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(program, args);
  return stdout;
}

/** The same for where nothing can be waited for: when this process is about to end. */
export function runNow(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
