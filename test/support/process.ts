import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
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
  static async start(
    dataDir: string,
    environment: Record<string, string> = {},
    root = ROOT,
  ): Promise<ServerProcess> {
    const child = spawn(process.execPath, [join(root, 'server', 'main.ts')], {
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

  /** Ends it with this signal; resolves when it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill('SIGKILL');
  }
}
