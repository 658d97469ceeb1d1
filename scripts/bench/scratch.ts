import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder that is gone when this process ends, however it ends (but by SIGKILL). */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chataway-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
