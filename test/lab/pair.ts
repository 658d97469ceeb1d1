import { setTimeout as pause } from 'node:timers/promises';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import type { Ground } from './ground.ts';
import type { Lab } from './lab.ts';
import { signUp, visit, type Visitor } from './visitor.ts';

/** Nobody answers at once. */
const RINGS_FOR_MS = 1_000;

/** What became of a call that connected. */
export interface CallReport {
  /** From the click on "Answer" until both see one another. */
  readonly setUpMs: number;
  /** How media went on both sides: `udp` or `tcp`, or how the relay was reached, such as `turns:tcp`. */
  readonly ways: readonly string[];
}

/** Two people, each at a browser in a network of their own, with the conversation with the other open. */
export class Pair implements AsyncDisposable {
  readonly #visitors: readonly [Visitor, Visitor];
  readonly ann: Person;
  readonly ben: Person;

  private constructor(visitors: readonly [Visitor, Visitor]) {
    this.#visitors = visitors;
    [this.ann, this.ben] = [visitors[0].person, visitors[1].person];
  }

  /** @param suffix - makes their names unlike those of others who were here before. */
  static async meet(
    lab: Lab,
    { ann, ben, url }: Pick<Ground, 'ann' | 'ben' | 'url'>,
    suffix = '',
  ): Promise<Pair> {
    const places = [
      { name: `ann${suffix}`, ...ann },
      { name: `ben${suffix}`, ...ben },
    ];
    const arriving = places.map(({ name, machine, proxy }) => visit(lab, machine, url, name, { proxy }));
    const arrived = await Promise.allSettled(arriving);
    try {
      const [first, second] = await Promise.all(arriving);
      if (!first || !second) throw new Error('unreachable');
      const pair = new Pair([first, second]);
      await Promise.all([signUp(pair.ann), signUp(pair.ben)]);
      await Promise.all([pair.ann.openConversation(pair.ben.name), pair.ben.openConversation(pair.ann.name)]);
      return pair;
    } catch (error) {
      for (const one of arrived) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ann calls Ben by video, both see and hear one another, and Ann hangs up. */
  async call(): Promise<CallReport> {
    const people = [this.ann, this.ben];
    await Promise.all(people.map(clearMarks));
    await this.ann.call('video');
    await this.ben.rings();
    await pause(RINGS_FOR_MS);
    await this.ben.answer();
    const reports = await Promise.all(
      people.map(async (person) => {
        await person.seesFrames(1);
        return person.hearsSound();
      }),
    );
    const seen = await Promise.all(people.map((person) => when(person, 'remote-frame')));
    const answered = await when(this.ben, 'answer');

    await this.ann.end();
    for (const person of people) {
      await person.callEnded();
      await person.dismiss();
    }
    return {
      setUpMs: Math.max(...seen) - answered,
      ways: [
        ...new Set(reports.flatMap(({ relays, protocols }) => (relays.length > 0 ? relays : protocols))),
      ],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#visitors.map((visitor) => visitor[Symbol.asyncDispose]()));
  }
}

// The moments of a call that the client notes, see client/lib/marks.ts.

async function clearMarks({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    performance.clearMarks();
  });
}

/** When it came first, in milliseconds by the clock that all pages of this machine share. */
async function when({ page, name }: Person, mark: 'answer' | 'remote-frame'): Promise<number> {
  return until(`the mark ${mark} of ${name}`, () =>
    page.evaluate((entryName) => {
      const entry = performance.getEntriesByName(entryName, 'mark')[0];
      return entry && performance.timeOrigin + entry.startTime;
    }, `chataway:${mark}`),
  );
}
