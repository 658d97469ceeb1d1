import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe } from 'vitest';
import { findProgram } from '../../scripts/support/apt.ts';
import { ROOT } from '../../scripts/support/paths.ts';
import { accepts } from '../../server/reach/accepts.ts';
import { makeCertificate } from './certificate.ts';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

const isThere = (await findProgram('nginx')) !== undefined;
const isRoot = process.getuid?.() === 0;

/** Describes cases that need nginx. Where it is missing that is said; as root, which can install it, they run and fail. */
export function describeNginx(name: string, cases: () => void): void {
  if (isThere || isRoot) {
    describe(name, cases);
    return;
  }
  console.warn(`Skipped: "${name}". It needs nginx: "sudo apt-get install nginx" brings it.`);
  describe.skip(name, cases);
}

/** The lines that docs/sub-path.md gives for nginx, with this path, which is `/chat/` there, and this server. */
export function locationFor(path: string, server: string): string {
  const page = readFileSync(join(ROOT, 'docs', 'sub-path.md'), 'utf8');
  const lines = /```nginx\n([^]*?)```/.exec(page)?.[1] ?? '';
  return lines.replace('/chat/', path).replace('http://127.0.0.1:3000', server);
}

export interface Nginx extends AsyncDisposable {
  /** For example `https://localhost:7123`. */
  readonly url: string;
}

interface NginxOptions {
  /** The lines of its one server. */
  locations: readonly string[];
  /** Whether it speaks HTTPS, with a certificate that nobody knows. */
  tls?: boolean;
}

/** A real nginx on the loopback, as one process of this user. It needs no server behind it to start. */
export async function startNginx({ locations, tls = false }: NginxOptions): Promise<Nginx> {
  const port = await freePort();
  const folder = await temporaryFolder();
  const { certFile, keyFile } = makeCertificate(folder.path);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = join(folder.path, 'nginx.conf');
  await writeFile(
    file,
    `
    daemon off;
    master_process off;
    pid nginx.pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${name};`).join(' ')}
      server {
        listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
        ${tls ? `ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};` : ''}
        ${locations.join('\n')}
        location / { return 418; }
      }
    }`,
  );
  const child = spawn('nginx', ['-e', 'stderr', '-p', folder.path, '-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = text(child.stderr);
  const gone = once(child, 'exit');
  const end = async () => {
    child.kill('SIGKILL');
    await gone;
    await folder[Symbol.asyncDispose]();
  };
  try {
    await until('nginx to listen', async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended: ${await said}`);
      return accepts('127.0.0.1', port);
    });
  } catch (error) {
    await end();
    throw error;
  }
  return { url: `${tls ? 'https' : 'http'}://localhost:${port}`, [Symbol.asyncDispose]: end };
}
