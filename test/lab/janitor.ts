import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, 'programs', 'janitor.ts');

let janitor: number | undefined;

/**
 * Has everything removed that this process's labs leave behind, however it ends. That takes a process of its own,
 * apart from the terminal's Ctrl+C: vitest kills its workers without a warning, and a killed one cleans nothing.
 * Once is enough; returns the janitor's process id.
 */
export function hireJanitor(): number {
  if (janitor !== undefined) return janitor;
  // It learns of our end by the end of its standard input.
  const child = spawn(process.execPath, [PROGRAM, String(process.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  if (child.pid === undefined) throw new Error('the janitor does not start');
  // We need not stay on its account.
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  janitor = child.pid;
  return janitor;
}
