// npm run dev: the server, restarted when its code changes, and vite's own
// server before it, which renews the page in place.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageFile, ROOT } from './support/paths.ts';
import { command, say } from './support/setup-error.ts';
import { ensureWorker } from './worker/worker.ts';

/** Where vite listens; a taken port is an error, because the server must know which origin to trust. */
const URL = 'http://localhost:5173';

await command(async () => {
  process.env['MEDIASOUP_WORKER_BIN'] = await ensureWorker(say);
});

const options = {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, PUBLIC_URL: process.env['PUBLIC_URL'] ?? URL },
} as const;
const children = [
  spawn(process.execPath, ['--watch', '--watch-preserve-output', join(ROOT, 'server', 'main.ts')], options),
  spawn(
    process.execPath,
    [
      packageFile('vite', 'bin', 'vite.js'),
      join(ROOT, 'client'),
      '--config',
      join(ROOT, 'client', 'vite.config.ts'),
      '--port',
      '5173',
      '--strictPort',
    ],
    options,
  ),
];
say(`Open ${URL}; Ctrl-C ends both servers.`);

// One does not go on without the other, and Ctrl-C reaches each only once.
let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  for (const child of children) child.kill('SIGTERM');
};
process.on('SIGINT', end).on('SIGTERM', end);
for (const child of children) {
  child.once('exit', (code) => {
    if (!ending) process.exitCode = code ?? 1;
    end();
  });
}
