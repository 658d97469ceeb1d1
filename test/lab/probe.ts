import { join } from 'node:path';
import type { Namespace } from './namespace.ts';

const PORT = 7777;
const PROGRAMS = join(import.meta.dirname, 'programs');

/** What became of datagrams that were sent to be sent back. */
export interface Echoes {
  readonly sent: number;
  readonly received: number;
  /** Of the round trip; null where nothing came back. */
  readonly leastMs: number | null;
  readonly medianMs: number | null;
  readonly mostMs: number | null;
}

export interface Transfer {
  readonly bytes: number;
  readonly seconds: number;
  readonly bitsPerSecond: number;
}

/** Measures the way from one namespace to another. It ends with them. */
export class Probe {
  readonly #from: Namespace;
  readonly #address: string;

  private constructor(from: Namespace, address: string) {
    this.#from = from;
    this.#address = address;
  }

  /** @param address - one at which `to` is reached. */
  static async start(from: Namespace, to: Namespace, address: string): Promise<Probe> {
    const responder = to.start(process.execPath, [join(PROGRAMS, 'responder.ts'), String(PORT)]);
    await responder.readUntil('ready');
    return new Probe(from, address);
  }

  async echoes({ count, intervalMs }: { count: number; intervalMs: number }): Promise<Echoes> {
    return (await this.#measure('datagrams', count, intervalMs)) as Echoes;
  }

  /** Downloads over TCP. */
  async download(bytes: number): Promise<Transfer> {
    return (await this.#measure('bytes', bytes)) as Transfer;
  }

  async #measure(...args: (string | number)[]): Promise<unknown> {
    const prober = join(PROGRAMS, 'prober.ts');
    return JSON.parse(
      await this.#from.run(process.execPath, prober, this.#address, String(PORT), ...args.map(String)),
    );
  }
}
