import { describe, expect, it } from 'vitest';
import { run } from '../../../scripts/support/run.ts';

describe('run', () => {
  it('gives the exit code and what was printed on either stream', async () => {
    const lines: string[] = [];
    const outcome = await run('sh', ['-c', 'echo out; echo err >&2; exit 7'], {
      onLine: (line) => lines.push(line),
    });
    expect(outcome.code).toBe(7);
    expect(outcome.output.split('\n').sort()).toEqual(['err', 'out']);
    expect(lines.sort()).toEqual(['err', 'out']);
  });

  it('gives 127 where there is no such program', async () => {
    await expect(run('/nowhere/program', [])).resolves.toEqual({ code: 127, output: '' });
  });

  it('ends a program that takes too long', async () => {
    const { code } = await run('sleep', ['60'], { timeoutMs: 50 });
    expect(code).toBe(128);
  });
});
