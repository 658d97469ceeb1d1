import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SetupError } from './setup-error.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the program; ours where it is left out. */
  readonly env?: NodeJS.ProcessEnv;
  /** The program is killed after this many milliseconds. */
  readonly timeoutMs?: number;
  /** Called with each line that the program prints. */
  readonly onLine?: (line: string) => void;
  /** The program talks to our terminal itself, and nothing of it is kept. */
  readonly show?: boolean;
}

export interface Outcome {
  /** The exit code; 127 where there is no such program, 128 and more where a signal ended it. */
  readonly code: number;
  /** What it printed, both streams in the order of arrival. */
  readonly output: string;
}

/**
 * Runs a program to its end. A failure of it is an outcome too: what it means
 * is for the caller to say. A SIGINT or SIGTERM to us meanwhile ends the
 * program and throws a SetupError, so that a start that is broken off leaves
 * neither compiler nor scratch files behind.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let child: ChildProcess;
    try {
      child = spawn(program, args, {
        cwd: options.cwd,
        env: options.env ?? process.env,
        stdio: options.show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
      });
    } catch {
      // Some of what can be wrong with a path is thrown, the rest is an event.
      resolve({ code: 127, output: '' });
      return;
    }

    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        options.onLine?.(line);
      });
    }

    let stopped = false;
    const stop = (signal: NodeJS.Signals): void => {
      stopped = true;
      child.kill(signal);
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);

    const settle = (code: number): void => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      if (stopped) reject(new SetupError('Stopped before the end: start again to go on.'));
      else resolve({ code, output: lines.join('\n') });
    };
    child.once('error', () => {
      settle(127);
    });
    child.once('close', (code) => {
      settle(code ?? 128);
    });
  });
}
