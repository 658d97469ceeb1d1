import { expect, test } from 'vitest';
import type { MediaReport } from '../support/page-media.ts';
import type { Person } from '../support/person.ts';
import { describeLab } from './describe-lab.ts';
import { Lab } from './lab.ts';
import { LabServer } from './server.ts';
import { visit } from './visitor.ts';

/** How a stretch of a call was for someone. */
interface Stretch {
  readonly framesPerSecond: number;
  readonly concealedPercent: number;
  readonly frozenSeconds: number;
  readonly roundTripMs: number | undefined;
}

/** Waits until the person has seen so many more frames and heard sound, and tells how it was. */
async function watch(person: Person, frames: number): Promise<Stretch> {
  const began = performance.now();
  const before = await person.media();
  const [after] = await Promise.all([person.seesFrames(frames), person.hearsSound()]);
  const seconds = (performance.now() - began) / 1_000;
  const more = (read: (report: MediaReport) => number) => read(after) - read(before);
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    framesPerSecond: round(more(({ video }) => video.framesDecoded) / seconds),
    concealedPercent: round(
      (100 * more(({ audio }) => audio.concealed)) / more(({ audio }) => audio.samples),
    ),
    frozenSeconds: round(more(({ video }) => video.frozen)),
    roundTripMs: after.roundTripMs,
  };
}

describeLab('a call between two networks', () => {
  test('sees and hears through a round trip of 50 ms, and goes on when 5 % get lost', async () => {
    await using lab = new Lab();
    const machine = await lab.namespace('server');
    const [atAnn, atBen] = [await lab.namespace('ann'), await lab.namespace('ben')];
    const links = [
      await lab.link(atAnn, machine, { delayMs: 25 }),
      await lab.link(atBen, machine, { delayMs: 25 }),
    ] as const;
    const server = await LabServer.start(lab, machine);

    await using annsBrowser = await visit(lab, atAnn, server.url(links[0].far), 'ann');
    await using bensBrowser = await visit(lab, atBen, server.url(links[1].far), 'ben');
    const [ann, ben] = [annsBrowser.person, bensBrowser.person];
    await ann.signUp();
    await ben.signUp();
    await ann.seesPresence('ben', 'online');
    await ann.openConversation('ben');

    await ann.call('video');
    await ben.rings();
    const answered = performance.now();
    await ben.answer();
    await Promise.all([ann.seesFrames(1), ben.seesFrames(1)]);
    const firstFrameMs = Math.round(performance.now() - answered);

    const clean = await Promise.all([watch(ann, 100), watch(ben, 100)]);
    for (const link of links) await link.set({ lossPercent: 5 });
    const lossy = await Promise.all([watch(ann, 100), watch(ben, 100)]);
    const counters = await Promise.all(links.map((link) => link.counters()));
    console.log(
      'a call through 50 ms, then with 5 % lost as well:',
      JSON.stringify({
        firstFrameMs,
        clean,
        lossy,
        counters,
      }),
    );

    for (const { roundTripMs } of clean) expect(roundTripMs).toBeGreaterThanOrEqual(50);
    for (const { fromNear, fromFar } of counters) {
      expect(fromNear.lost).toBeGreaterThan(0);
      expect(fromFar.lost).toBeGreaterThan(0);
    }

    for (const link of links) await link.set({ lossPercent: 0 });
    await ann.end();
    expect(await ann.callEnded()).toContain('The call is over.');
    expect(await ben.callEnded()).toContain('The call is over.');
    expect([...ann.errors, ...ben.errors]).toEqual([]);
    expect(server.output).not.toMatch(/"level":(50|60)/);
  });
});
