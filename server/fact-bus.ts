import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FactName, Facts, Subscriber } from './facts.ts';
import type { Logger } from './logger.ts';

/** Publishes what is committed. */
export interface Publisher {
  /** Call it once for each commit, after the commit, as the last step of a use case. */
  publish<N extends FactName>(name: N, data: Facts[N]): void;
}

/**
 * Hands committed facts to their subscribers, in the order of publication, and each fact in the order of subscription.
 * It does so in a later turn of the event loop: an answer that needs no more I/O after the commit is sent before. A
 * subscriber that fails keeps no other from the fact. The bus does not wait for a subscriber's promise: who needs one
 * fact to be done with before the next has a queue of its own.
 */
export class FactBus implements Publisher {
  readonly #logger: Logger;
  readonly #subscribers: { [N in FactName]?: Subscriber<N>[] } = {};
  #waiting: (() => void)[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor({ logger }: { logger: Logger }) {
    this.#logger = logger;
  }

  subscribe<N extends FactName>(name: N, subscriber: Subscriber<N>): void {
    const subscribers: Subscriber<N>[] = (this.#subscribers[name] ??= []);
    subscribers.push(subscriber);
  }

  publish<N extends FactName>(name: N, data: Facts[N]): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#handOut());
    this.#waiting.push(() => {
      for (const subscriber of this.#subscribers[name] ?? []) this.#run(name, subscriber, data);
    });
  }

  /** Resolves once subscribers are done with every fact so far, and with those that they publish meanwhile. */
  async settled(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running.size > 0) {
      await nextTurn();
      await Promise.all(this.#running);
    }
  }

  #handOut(): void {
    const facts = this.#waiting;
    this.#waiting = [];
    for (const handOut of facts) handOut();
  }

  #run<N extends FactName>(name: N, subscriber: Subscriber<N>, data: Facts[N]): void {
    // Begins at once, for order, and turns what it throws into a rejection.
    const run = (async () => subscriber(data))().catch((error: unknown) => {
      this.#logger.error({ fact: name, err: error }, 'a subscriber failed');
    });
    this.#running.add(run);
    void run.then(() => this.#running.delete(run));
  }
}
