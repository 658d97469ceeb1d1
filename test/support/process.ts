import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ROOT } from '../../scripts/support/paths.ts';

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const PACKAGE = z.object({ scripts: z.object({ start: z.string() }) });
const READY = /ChatAway is ready at (\S+)/;

/** A server as a process of its own, which can be killed as nothing in this process can. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Starts it on a free port, and waits until it says that it is ready. */
  static start(dataDir: string, environment: Record<string, string> = {}): Promise<ServerProcess> {
    return ServerProcess.#run([process.execPath, MAIN], dataDir, environment);
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
        PORT: '0',
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
    let output = '';
    child.stderr.on('data', (part: Buffer) => (output += part.toString()));
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (part: Buffer) => {
        output += part.toString();
        const address = READY.exec(output)?.[1];
        if (address !== undefined) resolve(address);
      });
      child.once('exit', (code) =>
        reject(new Error(`the server ended with ${code} before it was ready: ${output}`)),
      );
    });
    return new ServerProcess(child, url);
  }

  /** Ends it with this signal; resolves when it is gone, with its exit code if it had one. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
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
