import { once } from 'node:events';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import { accepts } from './accepts.ts';
import type { RelayHome } from './relay-home.ts';
import type { ConsolePlace } from './turn-console.ts';
import {
  behindFront,
  INNER_ADDRESS,
  RELAY_ADDRESS,
  RELAYED_MEDIA_ADDRESS,
  turnConfiguration,
} from './turn-configuration.ts';

const RESTART_AFTER_MS = 1_000;
const READY_WITHIN_MS = 10_000;
const ENDS_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 50;
/** The exit code of a program that runs another, where there is none. */
const NOT_FOUND = 127;

export interface TurnOptions {
  home: RelayHome;
  /** What credentials may be signed with. */
  secrets: readonly string[];
  /**
   * `public`: for clients, UDP and TCP, on every address. `inner`: on the loopback, for our own front, which sends the
   * PROXY protocol.
   */
  kind: 'public' | 'inner';
  port: number;
  console: ConsolePlace;
  logger: Logger;
}

/**
 * A coturn of ours, which relays to the media server and to nothing else. It is watched, started again when it ends, and
 * ends with this process.
 */
export class TurnServer {
  readonly #options: TurnOptions;
  #child: ChildProcess | undefined;
  #closed = false;

  private constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** @throws {Error} where it does not start: `EADDRINUSE`, `ENOENT` without the program, or what it printed. */
  static async start(options: TurnOptions): Promise<TurnServer> {
    if (options.kind === 'public') await assertFree(options.port);
    const server = new TurnServer(options);
    const began = await server.#run();
    if (began !== undefined) {
      await server.close();
      throw began;
    }
    return server;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it is gone, and its port free. */
  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    // One that hangs hears nothing else, and would keep the port from the next.
    const last = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
    await gone;
    clearTimeout(last);
  }

  /** Resolves when it is ready, or with the reason why it is not. */
  async #run(): Promise<Error | undefined> {
    const { port, logger, kind, home } = this.#options;
    // Each time anew: an address that the machine no longer has would be waited for.
    const file = home.write(`turn-${kind}.conf`, configurationOf(this.#options));
    // With this process gone, however it went, the kernel ends it as well: the port must be free for the next.
    const child = spawn('setpriv', ['--pdeathsig=TERM', ...home.privileges, 'turnserver', '-c', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let lastLine = '';
    let ended: Error | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      stream
        .setEncoding('utf8')
        .on('data', (text: string) => (lastLine = text.trim().split('\n').at(-1) ?? lastLine));
    }
    const end = (error: Error) => {
      ended = error;
      if (this.#closed) return;
      logger.error({ kind, err: error }, 'the relay ended');
      this.#runAgain();
    };
    // One or the other: what did not begin does not exit.
    child.once('error', end);
    child.once('exit', (code, signal) =>
      end(code === NOT_FOUND ? noProgram() : new Error(`coturn ended with ${code ?? signal}: ${lastLine}`)),
    );
    const until = performance.now() + READY_WITHIN_MS;
    const host = kind === 'public' ? '127.0.0.1' : INNER_ADDRESS;
    while (!(await accepts(host, port))) {
      if (ended) return ended;
      if (performance.now() > until) {
        child.kill('SIGKILL');
        return new Error(`coturn does not listen on port ${port}: ${lastLine}`);
      }
      await pause(LOOK_EVERY_MS);
    }
    return undefined;
  }

  #runAgain(): void {
    setTimeout(() => {
      if (this.#closed) return;
      this.#run().catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'the relay could not be started again');
        this.#runAgain();
      });
    }, RESTART_AFTER_MS).unref();
  }
}

/** A port of the loopback for our front, and one of every address for clients. */
function configurationOf({ home, secrets, console, kind, port }: TurnOptions): string {
  return turnConfiguration({
    listening:
      kind === 'public'
        ? [`listening-port=${port}`, ...publicAddresses().map((address) => `listening-ip=${address}`)]
        : behindFront(INNER_ADDRESS, port),
    secrets,
    console,
    database: home.database(`turn-${kind}.db`),
    relayAddress: RELAY_ADDRESS,
    mediaAddress: RELAYED_MEDIA_ADDRESS,
  });
}

function noProgram(): Error {
  return Object.assign(new Error('there is no program turnserver'), { code: 'ENOENT' });
}

/**
 * Where clients may come. The machine's addresses are named each, so that what is asked of one by UDP is answered from
 * it; and all of them, so that those count which come later, as when the network comes up after us. A link-local one
 * is only whole with its interface, which coturn cannot be told.
 */
function publicAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const named = own.map(({ address }) => address).filter((address) => !address.startsWith('fe80:'));
  return [...named, '0.0.0.0', '::'];
}

/**
 * Coturn itself would wait for the port, without a word.
 *
 * @throws {Error} `EADDRINUSE`.
 */
async function assertFree(port: number): Promise<void> {
  const tcp = createServer();
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject).listen(port, () => tcp.close(() => resolve()));
  });
  const udp = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject).bind(port, () => udp.close(() => resolve()));
  });
}
