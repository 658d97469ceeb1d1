import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SOCKET_PATH, SOCKET_SUBPROTOCOL } from '#protocol/limits';
import { WebSocket } from 'ws';
import type { Inhabitant, Pair } from './population.ts';

/** How fast the crowd comes: all at once it would only measure the operating system's queue. */
const CONNECTING_AT_ONCE = 25;
const LOST_AFTER_MS = 5_000;

/** What one kind of server says and understands, so that one load fits both. Messages have numbers. */
export interface Dialect {
  /** The frame of a message to the other of the pair. */
  write(number: number, pair: Pair, to: Inhabitant): string;
  /** Which message a frame acknowledges or delivers, if it does. */
  read(frame: string): { acknowledged: number } | { delivered: number } | undefined;
}

/** Milliseconds from sending to the acknowledgement, and to the other's receipt, of each message. */
export interface Times {
  readonly acknowledged: number[];
  readonly delivered: number[];
}

interface Sent {
  readonly at: number;
  acknowledged?: number;
  delivered?: number;
}

/** Many connected people who write to each other at a steady rate. */
export class Chatter implements Disposable {
  readonly #dialect: Dialect;
  readonly #pairs: readonly Pair[];
  readonly #sockets = new Map<Inhabitant, WebSocket>();
  readonly #sent = new Map<number, Sent>();
  #lastNumber = 0;

  private constructor(dialect: Dialect, pairs: readonly Pair[]) {
    this.#dialect = dialect;
    this.#pairs = pairs;
  }

  /** Connects everyone, and waits until the server has settled. */
  static async connect(url: string, dialect: Dialect, pairs: readonly Pair[]): Promise<Chatter> {
    const chatter = new Chatter(dialect, pairs);
    const people = pairs.flatMap((pair) => pair.people);
    for (let first = 0; first < people.length; first += CONNECTING_AT_ONCE) {
      const some = people.slice(first, first + CONNECTING_AT_ONCE);
      await Promise.all(some.map((person) => chatter.#connect(url, person)));
    }
    await sleep(1_000);
    return chatter;
  }

  /** Writes `perSecond` messages in all for some seconds, each by anyone, and waits for the last one. */
  async talk({ seconds, perSecond }: { seconds: number; perSecond: number }): Promise<Times> {
    this.#sent.clear();
    const began = performance.now();
    for (let index = 0; index < seconds * perSecond; index++) {
      // By the clock and not by pauses: a slow answer must not slow the asking down.
      await sleep(Math.max(0, began + (index * 1000) / perSecond - performance.now()));
      this.#write();
    }
    const times = () => ({
      acknowledged: [...this.#sent.values()].flatMap((sent) => sent.acknowledged ?? []),
      delivered: [...this.#sent.values()].flatMap((sent) => sent.delivered ?? []),
    });
    const deadline = performance.now() + LOST_AFTER_MS;
    for (let heard = times(); ; heard = times()) {
      if (heard.acknowledged.length + heard.delivered.length === 2 * this.#sent.size) return heard;
      if (performance.now() > deadline) throw new Error('messages were not delivered within 5 s');
      await sleep(20);
    }
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets.values()) socket.terminate();
  }

  #write(): void {
    const pair = this.#pairs[Math.floor(Math.random() * this.#pairs.length)];
    if (!pair) return;
    const [from, to] = Math.random() < 0.5 ? pair.people : [pair.people[1], pair.people[0]];
    const number = ++this.#lastNumber;
    const frame = this.#dialect.write(number, pair, to);
    this.#sent.set(number, { at: performance.now() });
    this.#sockets.get(from)?.send(frame);
  }

  async #connect(url: string, person: Inhabitant): Promise<void> {
    // Everyone has one tab, which an account's id may name as well as any other.
    const query = new URLSearchParams({ device: randomUUID(), tab: person.id }).toString();
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${SOCKET_PATH}?${query}`, SOCKET_SUBPROTOCOL, {
      headers: { cookie: person.cookie, origin: url },
      perMessageDeflate: false,
    });
    this.#sockets.set(person, socket);
    socket.on('message', (data) => this.#hear((data as Buffer).toString('utf8')));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
  }

  #hear(frame: string): void {
    const now = performance.now();
    const heard = this.#dialect.read(frame);
    if (heard === undefined) return;
    const sent = this.#sent.get('acknowledged' in heard ? heard.acknowledged : heard.delivered);
    if (sent === undefined) return;
    if ('acknowledged' in heard) sent.acknowledged = now - sent.at;
    else sent.delivered = now - sent.at;
  }
}
