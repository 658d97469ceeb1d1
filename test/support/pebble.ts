import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe } from 'vitest';
import { findProgram } from '../../scripts/support/apt.ts';
import { makeCertificate } from './certificate.ts';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;

const isThere = (await findProgram('pebble')) !== undefined;
const isRoot = process.getuid?.() === 0;

/** Describes cases that need pebble. Where it is missing that is said; as root, which can install it, they run and fail. */
export function describePebble(name: string, cases: () => void): void {
  if (isThere || isRoot) {
    describe(name, cases);
    return;
  }
  console.warn(`Skipped: "${name}". It needs pebble: "sudo apt-get install pebble" brings it.`);
  describe.skip(name, cases);
}

/**
 * Let's Encrypt's small authority for tests, on the loopback and as rude as it can be: it refuses every fifth nonce,
 * and takes only half of the proofs that it has had already for good.
 */
export class Pebble implements AsyncDisposable {
  readonly port: number;
  readonly directoryUrl: string;
  /** The root of its own HTTPS, in PEM. */
  readonly ca: string;
  readonly #managementPort: number;
  readonly #folder: Folder;
  #child: ChildProcess | undefined;

  private constructor(port: number, managementPort: number, ca: string, folder: Folder) {
    this.port = port;
    this.directoryUrl = `https://localhost:${port}/dir`;
    this.#managementPort = managementPort;
    this.ca = ca;
    this.#folder = folder;
  }

  /** One that does not run yet. */
  static async create(): Promise<Pebble> {
    const folder = await temporaryFolder();
    const { cert } = makeCertificate(folder.path);
    return new Pebble(await freePort(), await freePort(), cert, folder);
  }

  /**
   * Starts it; resolves when it answers.
   *
   * @param tlsPort - where it looks for proofs by TLS-ALPN-01, instead of 443.
   */
  async start(tlsPort: number): Promise<void> {
    const { path } = this.#folder;
    const pebble = {
      listenAddress: `localhost:${this.port}`,
      managementListenAddress: `localhost:${this.#managementPort}`,
      certificate: join(path, 'cert.pem'),
      privateKey: join(path, 'key.pem'),
      tlsPort,
    };
    const config = join(path, 'pebble.json');
    await writeFile(config, JSON.stringify({ pebble }));
    const child = spawn('pebble', ['-strict', '-config', config], {
      env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '20' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (part: Buffer) => (output += part.toString()));
    }
    let end: string | undefined;
    child.once('error', (error) => (end = error.message)).once('exit', (code) => (end = `exit code ${code}`));
    await until('pebble to answer', async () => {
      if (end !== undefined) return true;
      await this.#get(this.directoryUrl);
      return this.root();
    });
    if (end !== undefined) throw new Error(`pebble ended (${end}): ${output}`);
  }

  /** The root of what it issues, in PEM; a new one at each start. */
  root(): Promise<string> {
    return this.#get(`https://localhost:${this.#managementPort}/roots/0`);
  }

  /** Ends it. What it issued, and whom it knows, is forgotten. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    // False where it ended already, or never began.
    if (child?.kill('SIGKILL')) await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#folder[Symbol.asyncDispose]();
  }

  #get(url: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { ca: this.ca, agent: false }, (answer) => {
        text(answer).then(resolve, reject);
      });
      sent.once('error', reject).end();
    });
  }
}
