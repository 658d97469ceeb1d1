import { play, showStream } from '../lib/play.ts';
import { chosenSpeaker, playOn } from '../lib/speakers.ts';

/** The other's voice: the element that plays it, and whether the browser keeps it silent until a click. */
export class RemoteSound {
  #element = $state.raw<HTMLAudioElement>();
  #blocked = $state(false);

  /** What plays it. */
  get element(): HTMLAudioElement | undefined {
    return this.#element;
  }

  /** Whether the browser wants a click before it plays sound. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** An attachment for the element that plays this stream. */
  of(stream: MediaStream | null): (element: HTMLAudioElement) => void {
    return (element) => {
      this.#element = element;
      playOn(element, chosenSpeaker('calls'));
      showStream(element, stream);
      if (stream) void this.#play(element);
    };
  }

  /** Tries again; from a click it is allowed. */
  async enable(): Promise<void> {
    if (this.#element) await this.#play(this.#element);
  }

  async #play(element: HTMLAudioElement): Promise<void> {
    this.#blocked = !(await play(element));
  }
}
