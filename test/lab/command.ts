import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end and returns what it printed. @throws {Error} with what it complained of. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(program, args);
  return stdout;
}
