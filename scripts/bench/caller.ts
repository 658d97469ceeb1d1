import { launchChromium } from '../../test/support/browser.ts';
import { Person } from '../../test/support/person.ts';
import { until } from '../../test/support/until.ts';

/** The moments of a call that the client notes (`client/lib/marks.ts`). */
export type Mark = 'call-click' | 'ringing' | 'answer' | 'remote-frame' | 'remote-audio';

/** Someone with a real browser of their own, whose page tells when what happened. */
export class Caller implements AsyncDisposable {
  readonly person: Person;
  readonly #close: () => Promise<void>;

  private constructor(person: Person, close: () => Promise<void>) {
    this.person = person;
    this.#close = close;
  }

  /** A browser is one person: a page in the background draws one frame a second. */
  static async signUp(url: string, name: string): Promise<Caller> {
    const browser = await launchChromium();
    const person = await Person.at(browser, url, name);
    await person.signUp();
    return new Caller(person, () => browser.close());
  }

  /** Forgets the marks of the call before. */
  async clearMarks(): Promise<void> {
    await this.person.page.evaluate(() => {
      performance.clearMarks();
    });
  }

  /** When a mark came first, in milliseconds by the clock that all pages of this machine share. */
  async when(mark: Mark): Promise<number> {
    return until(`the mark ${mark} of ${this.person.name}`, () =>
      this.person.page.evaluate((name) => {
        const entry = performance.getEntriesByName(name, 'mark')[0];
        return entry && performance.timeOrigin + entry.startTime;
      }, `chataway:${mark}`),
    );
  }

  /** How long camera and microphone take to open, which no server can shorten. */
  async openDevices(): Promise<number> {
    return this.person.page.evaluate(async () => {
      const began = performance.now();
      const constraints = { audio: true, video: { width: 1280, height: 720 } };
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      const took = performance.now() - began;
      for (const track of stream.getTracks()) track.stop();
      return took;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
