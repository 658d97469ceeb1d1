import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface CommandResult {
  code: number | null;
  /** Standard output and error, in the order in which they came. */
  output: string;
}

/** Starts one of our commands as the operator does, and collects what it prints. */
export function startCommand(
  script: string,
  args: readonly string[],
  environment: Record<string, string>,
  root = ROOT,
): { child: ChildProcess; output: () => string; result: Promise<CommandResult> } {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const result = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, output: () => output, result };
}

/** Runs one of our commands to its end. */
export function runCommand(
  script: string,
  args: readonly string[],
  environment: Record<string, string>,
  root?: string,
): Promise<CommandResult> {
  return startCommand(script, args, environment, root).result;
}
