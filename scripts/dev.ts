// npm run dev: the server, restarted when its code changes, and vite's own
// server before it, which renews the page in place.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageFile, ROOT } from './support/paths.ts';
import { command, say } from './support/setup-error.ts';
import { ensureWorker } from './worker/worker.ts';

/** Where client/vite.config.ts makes vite listen. */
const PAGE = 'http://localhost:5173';

await command(async () => {
  process.env['MEDIASOUP_WORKER_BIN'] = await ensureWorker(say);
});

// The browser's origin is vite's, and the server must know it.
const options = {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, PUBLIC_URL: process.env['PUBLIC_URL'] ?? PAGE },
} as const;
const children = [
  spawn(process.execPath, ['--watch', '--watch-preserve-output', join(ROOT, 'server', 'main.ts')], options),
  spawn(
    process.execPath,
    [packageFile('vite', 'bin', 'vite.js'), '--config', join(ROOT, 'client', 'vite.config.ts')],
    options,
  ),
];
say(`Open ${PAGE}; Ctrl-C ends both servers.`);

// Neither goes on without the other.
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
