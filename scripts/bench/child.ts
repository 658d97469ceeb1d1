import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** Servers stay on one core while programs load them, so that the load has the other for itself. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;

/**
 * A script of this folder in a process of its own. It ends with this process: the channel between the two
 * closes, and `ends-with-parent.ts` listens for that.
 */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Starts `script`; `next` then waits for what it has to say. `core`: the only one that it may use. */
  static start(
    script: string,
    { core, environment = {} }: { core?: number | undefined; environment?: Record<string, string> },
  ): Child {
    const command = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, script),
    ];
    // taskset replaces itself by the program, so the process id is the script's.
    const pins = core !== undefined && availableParallelism() > 1;
    const pin = pins ? ['taskset', '-c', String(core)] : [];
    const [program = process.execPath, ...args] = [...pin, ...command];
    return new Child(
      spawn(program, args, {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      }),
    );
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error('the process did not start');
    return pid;
  }

  /** Asks for something and waits for the answer; a child answers one question after the other. */
  ask<Answer>(question: object): Promise<Answer> {
    const answer = this.next<Answer>();
    this.#process.send(question);
    return answer;
  }

  /** The next message; both ends are files of this folder, which is why its type is taken on trust. */
  async next<Message>(): Promise<Message> {
    const abort = new AbortController();
    const { signal } = abort;
    try {
      return await Promise.race([
        once(this.#process, 'message', { signal }).then(([message]) => message as Message),
        once(this.#process, 'exit', { signal }).then(([code]) => {
          throw new Error(`a process of the benchmark ended early, with ${String(code)}`);
        }),
        new Promise<never>((_resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('a process is silent')), READY_WITHIN_MS);
          signal.addEventListener('abort', () => clearTimeout(timer));
        }),
      ]);
    } finally {
      abort.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  }
}
