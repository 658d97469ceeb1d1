interface Window {
  used: number;
  /** By `performance.now()`. */
  readonly endsAt: number;
}

/**
 * Counts tries by key, in windows of time that begin with a key's first try. It keeps a key only while there is something
 * to count: whoever makes up new keys all the time fills no memory with tries that were refused or given back.
 */
export class TryCounter {
  readonly #points: number;
  readonly #durationMs: number;
  /** All windows are equally long, so the first one ends first. */
  readonly #windows = new Map<string, Window>();

  /** `duration` in seconds. */
  constructor({ points, duration }: { points: number; duration: number }) {
    this.#points = points;
    this.#durationMs = duration * 1000;
  }

  /** How many keys it keeps. */
  get size(): number {
    return this.#windows.size;
  }

  /** Takes a try. Where none is left, it takes nothing and returns how long to wait, in milliseconds; else 0. */
  take(key: string): number {
    const now = performance.now();
    this.#forgetEnded(now);
    const window = this.#windows.get(key) ?? { used: 0, endsAt: now + this.#durationMs };
    if (window.used >= this.#points) return window.endsAt - now;
    window.used += 1;
    this.#windows.set(key, window);
    return 0;
  }

  /** Gives back a try that was taken, unless its window has ended. */
  giveBack(key: string): void {
    const window = this.#windows.get(key);
    if (!window) return;
    window.used -= 1;
    if (window.used <= 0) this.#windows.delete(key);
  }

  #forgetEnded(now: number): void {
    for (const [key, { endsAt }] of this.#windows) {
      if (endsAt > now) break;
      this.#windows.delete(key);
    }
  }
}
