/** Work that is done one after the other for each key, and at once for different ones. */
export class Serial {
  /** The last work taken of each key: the next one waits for it. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Resolves, or rejects, as `work` does. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work);
    // What failed belongs to who asked for it; the next one goes on.
    const settled = turn.catch(() => undefined);
    this.#last.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }

  /** Resolves once all work that came so far is done. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
