import { chosenSpeaker, DEFAULT_SPEAKER, listSpeakers } from '../lib/speakers.ts';
import { reportMistake } from '../lib/mistakes.ts';

/** How long it is said that the speaker is back, in milliseconds. */
const BACK_TOLD_FOR = 8_000;

/** Where the sound of a call comes out, while speakers come and go: the chosen one, or the system's while it is away. */
export class CallSpeaker {
  readonly #chosen = chosenSpeaker('calls');
  /** Whether it was there in this call; only then it can have gone. */
  #seen = false;
  #state = $state<'there' | 'gone' | 'back'>('there');
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    if (this.#chosen === DEFAULT_SPEAKER) return;
    this.#look();
    navigator.mediaDevices.addEventListener('devicechange', this.#look);
    document.addEventListener('visibilitychange', this.#look);
  }

  /** The one to play on. */
  get id(): string {
    return this.#state === 'gone' ? DEFAULT_SPEAKER : this.#chosen;
  }

  /** `back` for a while after it has come again. */
  get state(): 'there' | 'gone' | 'back' {
    return this.#state;
  }

  close(): void {
    clearTimeout(this.#timer);
    if (this.#chosen === DEFAULT_SPEAKER) return;
    navigator.mediaDevices.removeEventListener('devicechange', this.#look);
    document.removeEventListener('visibilitychange', this.#look);
  }

  readonly #look = (): void => {
    // Without an answer it stays where it is.
    listSpeakers().then((list) => this.#note(list.some(({ id }) => id === this.#chosen)), reportMistake);
  };

  #note(there: boolean): void {
    if (there && this.#state === 'gone') {
      this.#state = 'back';
      this.#timer = setTimeout(() => (this.#state = 'there'), BACK_TOLD_FOR);
    }
    if (!there && this.#seen) {
      clearTimeout(this.#timer);
      this.#state = 'gone';
    }
    this.#seen ||= there;
  }
}
