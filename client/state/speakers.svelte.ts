import {
  chooseSpeaker,
  chosenSpeaker,
  listSpeakers,
  type Speaker,
  type SpeakerUse,
} from '../lib/speakers.ts';
import { playTone, type Tone } from '../lib/tones.ts';
import { reportMistake } from '../lib/mistakes.ts';

/** How long a test sounds, in milliseconds. */
const TEST_FOR = 2_000;

/** The speakers of this device, and which of them are chosen for what. */
export class Speakers {
  #list = $state.raw<readonly Speaker[] | null>(null);
  #ringing = $state(chosenSpeaker('ringing'));
  #calls = $state(chosenSpeaker('calls'));
  #test: Tone | null = null;

  constructor() {
    this.#look();
    navigator.mediaDevices.addEventListener('devicechange', this.#look);
  }

  /** Null until the browser has told. */
  get list(): readonly Speaker[] | null {
    return this.#list;
  }

  chosen(use: SpeakerUse): string {
    return use === 'ringing' ? this.#ringing : this.#calls;
  }

  choose(use: SpeakerUse, id: string): void {
    chooseSpeaker(use, id);
    if (use === 'ringing') this.#ringing = id;
    else this.#calls = id;
  }

  test(use: SpeakerUse): void {
    this.#test?.stop();
    const tone = playTone(use === 'ringing' ? 'ringtone' : 'sample', { speaker: this.chosen(use) });
    this.#test = tone;
    setTimeout(tone.stop, TEST_FOR);
  }

  close(): void {
    navigator.mediaDevices.removeEventListener('devicechange', this.#look);
    this.#test?.stop();
  }

  readonly #look = (): void => {
    // Without an answer there is only the system's choice.
    listSpeakers().then((list) => (this.#list = list), reportMistake);
  };
}
