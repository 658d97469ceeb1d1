import { linkProgram } from './link-program.ts';
import type { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import type { Subnet } from './subnet.ts';

/** What a link does to the packets of each direction. */
export interface LinkValues {
  /** One way, in milliseconds; a round trip takes twice as long. */
  readonly delayMs: number;
  /** How many of a hundred packets are lost, each by itself. */
  readonly lossPercent: number;
  /** 0 is without limit. */
  readonly bitsPerSecond: number;
  /** Of what waits for the rate; packets beyond it are dropped. */
  readonly queueBytes: number;
}

/** One direction of a link since it was made, in packets. */
export interface LinkCounters {
  readonly offered: number;
  readonly delivered: number;
  readonly deliveredBytes: number;
  /** By chance, as `lossPercent` has it. */
  readonly lost: number;
  /** Because the queue was full. */
  readonly dropped: number;
  /** In the queue or on their way. */
  readonly waiting: number;
}

/** The commands of link.c that set a value. */
const COMMANDS = {
  delayMs: 'delay',
  lossPercent: 'loss',
  bitsPerSecond: 'rate',
  queueBytes: 'queue',
} as const satisfies Record<keyof LinkValues, string>;

interface LinkOptions {
  /** Unique in both namespaces. */
  readonly device: string;
  readonly subnet: Subnet;
}

/**
 * A line between two namespaces. It delays, loses and holds back what it carries, and may be changed while it runs;
 * one that was told nothing is as good as a cable.
 */
export class Link {
  /** What it is called at both ends. */
  readonly device: string;
  /** The addresses of its two ends. */
  readonly near: string;
  readonly far: string;
  /** One of its network that neither end has. */
  readonly spare: string;
  readonly prefixLength: number;
  readonly #program: Program;
  /** Questions are asked one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(program: Program, { device, subnet }: LinkOptions) {
    this.#program = program;
    this.device = device;
    this.near = subnet.address(1);
    this.far = subnet.address(2);
    this.spare = subnet.address(3);
    this.prefixLength = subnet.prefixLength;
  }

  static async open(near: Namespace, far: Namespace, options: LinkOptions): Promise<Link> {
    const program = new Program(await linkProgram(), [near.name, far.name, options.device]);
    const link = new Link(program, options);
    try {
      await program.readUntil('ready');
      const { prefixLength } = options.subnet;
      await near.setUp(link.device, link.near, prefixLength);
      await far.setUp(link.device, link.far, prefixLength);
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }

  /** Changes some values, in both directions, for what enters from now on. */
  async set(values: Partial<LinkValues>): Promise<void> {
    for (const key of Object.keys(COMMANDS) as (keyof LinkValues)[]) {
      const value = values[key];
      if (value === undefined) continue;
      const answer = await this.#ask(`${COMMANDS[key]} ${value}`);
      if (answer !== 'ok') throw new Error(`the link says: ${answer}`);
    }
  }

  async counters(): Promise<{ fromNear: LinkCounters; fromFar: LinkCounters }> {
    const [fromNear, fromFar] = JSON.parse(await this.#ask('counters')) as [LinkCounters, LinkCounters];
    return { fromNear, fromFar };
  }

  /** Cuts it. May be called again. */
  async close(): Promise<void> {
    await this.#program.end();
  }

  #ask(command: string): Promise<string> {
    const answer = this.#last.then(() => {
      this.#program.write(command);
      return this.#program.readLine();
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}
