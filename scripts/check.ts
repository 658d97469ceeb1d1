// npm run check: format, lint and types, also of what Docker reads. All of them run, so that one round
// shows everything; with --fix the first two mend what they can.
import { packageFile, ROOT } from './support/paths.ts';
import { run } from './support/run.ts';
import { command, say } from './support/setup-error.ts';

const fix = process.argv.includes('--fix');

interface Check {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

const CHECKS: readonly Check[] = [
  {
    name: 'format (prettier)',
    program: packageFile('prettier', 'bin', 'prettier.cjs'),
    args: [fix ? '--write' : '--check', '--log-level', 'warn', '.'],
  },
  {
    name: 'lint (eslint)',
    program: packageFile('eslint', 'bin', 'eslint.js'),
    args: ['--max-warnings', '0', ...(fix ? ['--fix'] : []), '.'],
  },
  {
    name: 'types (tsc)',
    program: packageFile('typescript', 'bin', 'tsc'),
    args: ['--noEmit'],
  },
  {
    // Its tsconfig is found from the workspace.
    name: 'types of the client (svelte-check)',
    program: packageFile('svelte-check', 'bin', 'svelte-check'),
    args: [
      '--workspace',
      'client',
      '--tsconfig',
      './tsconfig.json',
      '--fail-on-warnings',
      '--output',
      'human',
    ],
  },
  {
    name: 'docker/compose.yaml (dclint)',
    program: packageFile('dclint', 'bin', 'dclint.cjs'),
    // Never with its own --fix, which formats what prettier then refuses.
    args: ['--config', 'docker/dclint.yaml', '--max-warnings', '0', 'docker'],
  },
  {
    name: 'docker/Dockerfile (dockerfile-utils)',
    program: packageFile('dockerfile-utils', 'bin', 'dockerfile-utils'),
    args: ['lint', 'docker/Dockerfile'],
  },
];

await command(async () => {
  const failed: string[] = [];
  for (const { name, program, args } of CHECKS) {
    say(`Checking ${name} ...`);
    const { code } = await run(process.execPath, [program, ...args], { cwd: ROOT, show: true });
    if (code !== 0) failed.push(name);
  }

  if (failed.length > 0) {
    say(
      `Failed: ${failed.join(', ')}.${fix ? '' : ' "npm run check -- --fix" mends format and some of lint.'}`,
    );
    process.exitCode = 1;
  }
});
