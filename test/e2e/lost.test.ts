import { kill } from 'node:process';
import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { startProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { darkAndSilent, talk } from './call.ts';
import { ServerMedia } from './server-media.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const FOR_EVER = 3_600_000;
/** A page asks now and then whether its link is alive, and waits for the answer. */
const NOTICED_WITHIN_MS = 30_000;
/** Then it waits for half a minute; less in these tests. */
const GOES_ON_FOR_MS = 5_000;
const GIVEN_UP_WITHIN_MS = 35_000;

test('a reload in the middle of a call comes back into the same call', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await ann.reload();
  expect(ann.timesAsked).toBe(0);
  await ann.screen.find('log', 'Messages');
  await talk(ann, ben, 'video');

  // One who closes the tab by mistake can stay.
  ann.leavesWhenAsked = false;
  await ann.close();
  await until('the page to ask', () => Promise.resolve(ann.timesAsked === 1));
  await ben.seesFrames(10);
  await ann.inCall();
  ann.leavesWhenAsked = true;

  for (const [reloaded, other] of [
    [ben, ann],
    [ann, ben],
  ] as const) {
    await reloaded.reload();
    await reloaded.inCall();
    await Promise.all([ann, ben].flatMap((one) => [one.seesFrames(10), one.hearsSound()]));
    expect(await other.screen.has('region', 'Call ended')).toBe(false);
  }
  expect(await server.countRooms()).toBe(1);

  await ben.end();
  for (const person of [ann, ben]) {
    expect(await person.callEnded()).toContain('The call is over.');
    await darkAndSilent(person);
  }
  const { timesAsked } = ann;
  await ann.reload();
  expect(ann.timesAsked).toBe(timesAsked);
});

test('who was muted, with the camera off, is so after a reload', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');
  await ann.mute();
  await ann.turnCameraOff();

  await ann.reload();
  await ann.inCall();
  await ann.seesFrames(10);
  await ann.screen.find('button', 'Unmute microphone');
  await ann.screen.find('button', 'Turn camera on');
  expect((await ann.media()).camerasOn).toBe(0);
  await ann.unmute();
  await ben.hearsSound();
});

test('a call whose other side is gone says so, ends as lost, and leaves no device on', async () => {
  const server = await stage.serve({}, { deadlines: { reconnecting: 4_000 } });
  const media = new ServerMedia(server);
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');

  await ben.leave();
  await ann.screen.sees('Reconnecting…');
  expect(await ann.callEnded()).toContain('ben’s connection was lost.');
  await darkAndSilent(ann);
  await media.empty();
});

test('who has no connection is off the air after a while, and hangs up once it is back', async () => {
  const server = await stage.serve({}, { deadlines: { reconnecting: FOR_EVER }, goesOnFor: GOES_ON_FOR_MS });
  await using link = await startProxy(server.url);
  const [ann, ben] = await stage.pair(server, link);
  await talk(ann, ben, 'video');

  link.cut();
  await ann.screen.sees('Reconnecting…', NOTICED_WITHIN_MS);
  expect(await ann.callEnded(GIVEN_UP_WITHIN_MS)).toContain('Your connection was lost.');
  await darkAndSilent(ann);
  // As far as the server knows, she may come back.
  await ben.screen.sees('Reconnecting…');
  link.mend();
  expect(await ben.callEnded()).toContain('The call is over.');
  await until('her to be back', async () => !(await ann.screen.shown()).includes('No connection'));
  expect(await ann.callEnded()).toContain('Your connection was lost.');
});

test('an answer that did not get through is no refusal: it rings on', async () => {
  const server = await stage.serve({}, { deadlines: { ringing: FOR_EVER }, goesOnFor: GOES_ON_FOR_MS });
  await using link = await startProxy(server.url);
  const [ann, ben] = await stage.pair(server, link);
  await ben.call('voice');
  await ann.rings();

  link.cut();
  await ann.screen.click('button', 'Answer');
  expect(await ann.callEnded(NOTICED_WITHIN_MS + GIVEN_UP_WITHIN_MS)).toContain('Your connection was lost.');
  await darkAndSilent(ann);
  await ben.screen.sees('Ringing…');
  link.mend();
  await ann.rings();
  await ann.answer();
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
});

test('without a connection a call does not seem to ring, and ends; the next one begins with the connection', async () => {
  const server = await stage.serve({}, { goesOnFor: GOES_ON_FOR_MS });
  await using link = await startProxy(server.url);
  const [ann, ben] = await stage.pair(server, link);
  await ann.call('voice');
  await ann.screen.sees('Ringing…');
  expect(await soundsOf(ann)).toBe(1);

  link.cut();
  await saysThatItIsCutOff(ann);
  await until('the ringback to stop', async () => (await soundsOf(ann)) === 0);
  expect(await ann.callEnded(GIVEN_UP_WITHIN_MS)).toContain('Your connection was lost.');
  await darkAndSilent(ann);

  await ben.ringsNoMore();
  await ann.callAgain();
  await saysThatItIsCutOff(ann);
  link.mend();
  await ben.answer();
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
});

test('a call goes on over a restart of the server', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR });
  const [ann, ben] = await stage.pair(first);
  await talk(ann, ben, 'video');

  await first.close();
  await ann.screen.sees('Reconnecting…');
  await stage.serve({ DATA_DIR, PORT: String(first.port) });
  await Promise.all([ann, ben].flatMap((one) => [one.seesFrames(10), one.hearsSound()]));
  await ann.end();
  for (const person of [ann, ben]) {
    expect(await person.callEnded()).toContain('The call is over.');
    await darkAndSilent(person);
  }
});

test('a server that comes back too late has ended the call, and no device stays on', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR }, { deadlines: { reconnecting: 1 } });
  const [ann, ben] = await stage.pair(first);
  await talk(ann, ben, 'video');

  await first.close();
  await stage.serve({ DATA_DIR, PORT: String(first.port) }, { deadlines: { reconnecting: 1 } });
  for (const person of [ann, ben]) {
    expect(await person.callEnded()).toContain('The connection was lost.');
    await darkAndSilent(person);
  }
});

test('the death of the media worker is mended in the call', async () => {
  const server = await stage.serve({ LOG_LEVEL: 'silent' });
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');
  const dead = server.media.pids[0] ?? 0;

  kill(dead, 'SIGKILL');
  await until('another worker', () => server.media.pids.some((pid) => pid !== dead));
  await until(
    'the call to have joined the new worker',
    async () => (await server.media.countRouters()) === 1,
  );
  await Promise.all([ann, ben].flatMap((one) => [one.seesFrames(20), one.hearsSound()]));

  await ben.end();
  await Promise.all([ann.callEnded(), ben.callEnded()]);
  await Promise.all([ann.dismiss(), ben.dismiss()]);
  await ann.write('That went well');
  await ben.reads('That went well');
});

async function saysThatItIsCutOff(person: Person): Promise<void> {
  await until(
    `the call of ${person.name} to tell that there is no connection`,
    async () =>
      (await person.screen.textOf('dialog', 'Call with ben')).includes('No connection. Trying again…'),
    NOTICED_WITHIN_MS,
  );
}

/** How many sounds of our own the page plays. */
async function soundsOf({ page }: Person): Promise<number> {
  const prototype = await page.evaluateHandle(() => AudioContext.prototype);
  const contexts = await page.queryObjects(prototype);
  return contexts.evaluate((list) => list.filter(({ state }) => state !== 'closed').length);
}
