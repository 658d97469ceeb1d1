/** The time as a call shows it: by the server's clock, and by the second while it runs. */
export class CallClock {
  readonly #read: () => number;
  #now = $state(0);

  /** @param read The time by the server's clock, in milliseconds. */
  constructor(read: () => number) {
    this.#read = read;
    this.#now = read();
  }

  /** Runs until the function that it returns is called. */
  run(): () => void {
    this.#now = this.#read();
    const timer = setInterval(() => (this.#now = this.#read()), 1_000);
    return () => clearInterval(timer);
  }

  /** How long ago a time was, in milliseconds. */
  since(time: number): number {
    return this.#now - time;
  }
}
