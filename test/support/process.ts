import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../../scripts/support/paths.ts';
import { freePort } from './free-port.ts';

const PACKAGE = z.object({ scripts: z.object({ start: z.string() }) });
const READY = /ChatAway is ready at (\S+)/;
/** A start that takes longer hangs. */
const READY_WITHIN_MS = 60_000;

/** A server as a process of its own, which can be killed as nothing in this process can. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  #url = '';
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  get url(): string {
    return this.#url;
  }

  /** Starts it on a free port, and waits until it says that it is ready. */
  static start(
    dataDir: string,
    environment: Record<string, string> = {},
    root = ROOT,
  ): Promise<ServerProcess> {
    const main = join(root, 'server', 'main.ts');
    return ServerProcess.#run([process.execPath, main], dataDir, environment);
  }

  /** The same by the command behind `npm start`, which makes way for the server: npm itself would outlive a SIGKILL. */
  static npmStart(dataDir: string, environment: Record<string, string> = {}): Promise<ServerProcess> {
    const { scripts } = PACKAGE.parse(JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')));
    return ServerProcess.#run(['sh', '-c', scripts.start], dataDir, environment);
  }

  static async #run(
    [program = '', ...args]: readonly string[],
    dataDir: string,
    environment: Record<string, string>,
  ): Promise<ServerProcess> {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: {
        ...process.env,
        PORT: String(await freePort()),
        MEDIA_PORT: '0',
        MEDIA_WORKERS: '1',
        MEDIA_ADDRESSES: '127.0.0.1',
        RATE_LIMIT_FACTOR: '1000000',
        LOG_LEVEL: 'warn',
        DATA_DIR: dataDir,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new ServerProcess(child);
    try {
      server.#url = await server.#ready();
    } catch (error) {
      await server.kill('SIGKILL');
      throw error;
    }
    return server;
  }

  /** Listens to it, and resolves with the address that it tells when it is ready. */
  async #ready(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const fail = (what: string) => reject(new Error(`the server ${what}: ${this.#output}`));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (part: Buffer) => {
        this.#output += part.toString();
        const address = READY.exec(this.#output)?.[1];
        if (address !== undefined) resolve(address);
      });
    }
    this.#child.once('exit', (code) => fail(`ended with ${code} before it was ready`));
    const late = setTimeout(() => fail('does not get ready'), READY_WITHIN_MS);
    return promise.finally(() => clearTimeout(late));
  }

  get #gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends it this signal, whatever comes of it. */
  signal(signal: 'SIGTERM' | 'SIGINT'): void {
    this.#child.kill(signal);
  }

  /** What it ended with; null while it runs, or where a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** What it has said so far, on both channels. */
  get output(): string {
    return this.#output;
  }

  /** Ends it with this signal; resolves when it is gone, with its exit code if it had one. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (!this.#gone) {
      const gone = once(this.#child, 'exit');
      this.#child.kill(signal);
      await gone;
    }
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
  }
}
