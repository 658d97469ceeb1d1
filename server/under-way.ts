import { setTimeout as sleep } from 'node:timers/promises';

/** What has been asked and is not answered yet: before the server stops, it is. */
export class UnderWay {
  readonly #works = new Set<Promise<unknown>>();

  /** Resolves, or rejects, as `work` does. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work);
    const forget = () => this.#works.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Resolves once all that is under way now is done, after so many milliseconds at the latest. */
  async settled(within: number): Promise<void> {
    await Promise.race([Promise.allSettled(this.#works), sleep(within, undefined, { ref: false })]);
  }
}
