import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { describeLab } from './describe-lab.ts';
import { build, type Plan, serve } from './ground.ts';
import { Lab } from './lab.ts';
import { Pair } from './pair.ts';
import { repetitions } from '../support/repetitions.ts';
import { forgetNames } from './visitor.ts';

/** Whose address changes: the first in every run, both in the nightly one. */
const PLANS: readonly (Plan & { readonly name: string })[] = [
  { name: 'its router’s', moves: true, server: { webPort: 443 } },
  { name: 'its own', moves: true },
];
const TRIED = PLANS.slice(0, repetitions('LAB_MOVES', { quick: 1, nightly: PLANS.length }));

/** Then the call ends by its own deadline. */
const BACK_WITHIN_MS = 30_000;

/** Waits until picture and sound come, where the server's candidates have this address and no longer that one. */
async function meetsAt(person: Person, address: string, before?: string): Promise<void> {
  await person.mediaShows(
    `a picture by ${address}`,
    ({ servers, video }) =>
      servers.includes(address) &&
      (before === undefined || !servers.includes(before)) &&
      video.framesDecoded > 0,
    BACK_WITHIN_MS,
  );
  await Promise.all([person.seesFrames(10), person.hearsSound()]);
}

/** They come back to their tab, which has it try its socket at once. */
async function looksAgain({ page }: Person): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
}

describeLab('a public address that changes in mid-call', () => {
  test.for(TRIED)('is followed without a restart: $name', async (plan) => {
    await using lab = new Lab();
    const ground = await build(lab, plan);
    const server = await serve(lab, ground);
    await using pair = await Pair.meet(lab, ground);
    const people = [pair.ann, pair.ben];
    await pair.ann.call('video');
    await pair.ben.answer();
    await Promise.all(people.map((person) => meetsAt(person, ground.address)));

    const moved = performance.now();
    const address = await ground.move();
    // Ann's page finds its media lost before its socket, as is usual; Ben's the other way round.
    await ground.ben.machine.reset(ground.address);
    await looksAgain(pair.ben);
    await Promise.all(people.map(forgetNames));
    await Promise.all(people.map((person) => meetsAt(person, address, ground.address)));
    const gap = ((performance.now() - moved) / 1_000).toFixed(1);
    console.log(`without picture and sound for ${gap} s, when it was ${plan.name}`);

    await pair.ann.end();
    for (const person of people) {
      expect(await person.callEnded()).toContain('The call is over.');
      await person.dismiss();
      // It was one call all along.
      expect((await person.messages()).match(/Video call/g)).toHaveLength(1);
    }
    expect(people.flatMap(({ errors }) => errors)).toEqual([]);
    expect(server.output).not.toMatch(/"level":(50|60)/);
  });
});
