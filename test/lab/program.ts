import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a program has to end by itself before it is killed. */
const GRACE_MS = 10_000;

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
}

/** A program that the lab has started, and the lines it prints. */
export class Program implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** Both streams, for what went wrong. */
  readonly #printed: string[] = [];
  /** Of standard output, what nobody has read yet. */
  readonly #unread: string[] = [];
  #wake: () => void = () => undefined;
  #running = true;

  constructor(program: string, args: readonly string[], { env }: ProgramOptions = {}) {
    this.#name = program;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: env ?? process.env });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#printed.push(line);
      this.#unread.push(line);
      this.#wake();
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.#printed.push(line));
    // A program that ended reads no more, which shows when its answer is waited for.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => this.#printed.push(error.message));
    this.#ended = once(child, 'close')
      .catch(() => undefined)
      .finally(() => {
        this.#running = false;
        this.#wake();
      });
  }

  /** What it printed so far. */
  get output(): string {
    return this.#printed.join('\n');
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The next line of its standard output. One reader at a time. */
  async readLine(): Promise<string> {
    for (;;) {
      const line = this.#unread.shift();
      if (line !== undefined) return line;
      if (!this.#running) throw new Error(`${this.#name} ended: ${this.output}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Reads until a line begins like this, and returns that line. */
  async readUntil(beginning: string): Promise<string> {
    for (;;) {
      const line = await this.readLine();
      if (line.startsWith(beginning)) return line;
    }
  }

  /** Ends it, gently if it listens; done when it is gone. */
  async end(): Promise<void> {
    if (this.#running) this.#child.kill('SIGTERM');
    const waiting = new AbortController();
    const late = pause(GRACE_MS, undefined, { signal: waiting.signal }).then(
      () => this.#child.kill('SIGKILL'),
      () => undefined,
    );
    await this.#ended;
    waiting.abort();
    await late;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
