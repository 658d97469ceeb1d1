import { Child, SERVER_CORE } from './child.ts';
import { scratchFolder } from './scratch.ts';
import { usageOf, type Usage } from './usage.ts';

/** A whole ChatAway in a process of its own, on loopback, with rate limits raised and any free ports. */
export class Server implements AsyncDisposable {
  readonly #child: Child;
  readonly url: string;
  /** From the start of the process until it accepts connections, in milliseconds. */
  readonly startedIn: number;

  private constructor(child: Child, url: string, startedIn: number) {
    this.#child = child;
    this.url = url;
    this.startedIn = startedIn;
  }

  /** `pinned`: to one core, which is right unless browsers need both. */
  static async start({ dataDir = scratchFolder(), pinned = true } = {}): Promise<Server> {
    const began = performance.now();
    const environment = {
      DATA_DIR: dataDir,
      PORT: '0',
      HOST: '127.0.0.1',
      MEDIA_PORT: '0',
      MEDIA_WORKERS: '1',
      MEDIA_ADDRESSES: '127.0.0.1',
      RATE_LIMIT_FACTOR: '1000000',
      LOG_LEVEL: 'warn',
    };
    const child = Child.start('server-child.ts', { environment, core: pinned ? SERVER_CORE : undefined });
    const { port } = await child.next<{ port: number }>();
    return new Server(child, `http://localhost:${port}`, performance.now() - began);
  }

  usage(): Usage {
    return usageOf(this.#child.pid);
  }

  /** Asks the process for what no client can: see `server-child.ts`. */
  ask<Answer>(question: object): Promise<Answer> {
    return this.#child.ask(question);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}
