/** Without a sign of life for so long, in milliseconds, the bar hides. */
const IDLE_AFTER = 4_000;

/** The bar of a call: it hides while a picture is watched, and comes back on any sign of life. */
export class IdleBar {
  readonly #mayHide: () => boolean;
  #idle = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the touch that has just begun found the bar hidden. */
  #onlyWakes = false;

  /** @param mayHide Whether there is a picture to watch. */
  constructor(mayHide: () => boolean) {
    this.#mayHide = mayHide;
    this.stir();
  }

  get hidden(): boolean {
    return this.#idle && this.#mayHide();
  }

  /** A sign of life. */
  readonly stir = (): void => {
    this.#idle = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#idle = true), IDLE_AFTER);
  };

  /** A pointer goes down. */
  readonly touch = ({ pointerType }: Pick<PointerEvent, 'pointerType'>): void => {
    // A mouse has moved before, and the bar is there.
    this.#onlyWakes = this.hidden && pointerType !== 'mouse';
    this.stir();
  };

  /** A tap that only brings the bar back must not press a button that nobody saw. */
  readonly click = (event: Pick<MouseEvent, 'preventDefault' | 'stopPropagation'>): void => {
    if (!this.#onlyWakes) return;
    this.#onlyWakes = false;
    event.preventDefault();
    event.stopPropagation();
  };

  close(): void {
    clearTimeout(this.#timer);
  }
}
