/** Half of the period; browsers let a page in the background act once a second. */
const HALF = 1_000;

/** Something that comes and goes once in a while, to catch the eye. */
export class Flash {
  #off = $state(false);

  get off(): boolean {
    return this.#off;
  }

  /** Returns a way to stop. */
  start(): () => void {
    const timer = setInterval(() => (this.#off = !this.#off), HALF);
    return () => {
      clearInterval(timer);
      this.#off = false;
    };
  }
}
