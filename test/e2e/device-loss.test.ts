import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { darkAndSilent, talk } from './call.ts';
import {
  benchFor,
  openLabel,
  plugIn,
  plugInSlowly,
  pullOut,
  pullOutSpeaker,
  systemMutes,
} from './device-bench.ts';
import { useStage, type Seat } from './stage.ts';

const stage = useStage();

const SEVERAL: Seat = { args: ['--use-fake-device-for-media-stream=device-count=3'] };

test('in a call another device takes the place of one that goes away, and what is missing is said', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann', SEVERAL);
  const ben = await stage.person(server, 'ben');
  await benchFor(ann.page);
  const speaker = await chooseSpeaker(ann);
  await Promise.all([ann.openConversation('ben'), ben.openConversation('ann')]);
  await talk(ann, ben, 'video');

  // Another microphone, and the first one again once it is back.
  const microphone = await pullOut(ann.page, 'audio');
  await ann.screen.sees('Your microphone was unplugged. Now using “');
  const second = await openLabel(ann.page, 'audio');
  expect(second).not.toBe(microphone);
  await ann.screen.sees(`Now using “${second ?? ''}”.`);
  await ann.screen.find('button', 'Mute microphone');
  await ben.hearsSound();
  expect(await ben.screen.shown()).not.toContain('ann is muted');
  await plugInSlowly(ann.page);
  await ann.screen.sees('Your microphone is back.');
  await until('the first microphone to be open', async () => (await ann.media()).microphonesOn === 1);
  await ben.hearsSound();

  // The same with the camera.
  const camera = await pullOut(ann.page, 'video');
  await ann.screen.sees('Your camera was unplugged. Now using “');
  expect(await openLabel(ann.page, 'video')).not.toBe(camera);
  await ben.seesFrames(10);
  await plugIn(ann.page);
  await ann.screen.sees('Your camera is back.');
  expect(await openLabel(ann.page, 'video')).toBe(camera);
  await ben.seesFrames(10);

  // The speaker.
  expect(await sinkOf(ann)).toBe(speaker);
  await pullOutSpeaker(ann.page, speaker);
  await ann.screen.sees('Your speaker was unplugged. The sound now comes out where the system chooses.');
  await until('the sound to come out elsewhere', async () => (await sinkOf(ann)) === '');
  await plugIn(ann.page);
  await until('the sound to come back', async () => (await sinkOf(ann)) === speaker);

  // Muted by the system, both.
  await systemMutes(ann.page, 'audio', true);
  await ann.screen.sees('Your system has muted the microphone');
  await ben.screen.sees('ann is muted');
  await systemMutes(ann.page, 'audio', false);
  await ben.hearsSound();
  await until('the words to go', async () => !(await ben.screen.shown()).includes('ann is muted'));
  await systemMutes(ann.page, 'video', true);
  await ann.screen.sees('Your system has turned the camera off');
  await ben.screen.sees('Camera off');
  await systemMutes(ann.page, 'video', false);
  await ben.seesFrames(10);
  expect(await ann.screen.shown()).not.toContain('Your system has');

  // Nothing left of either kind, and then one again.
  for (const [kind, words] of [
    ['audio', 'Your microphone was unplugged, and no other could be opened.'],
    ['video', 'Your camera and microphone were unplugged, and no others could be opened.'],
  ] as const) {
    while ((await openLabel(ann.page, kind)) !== null) {
      await pullOut(ann.page, kind);
      await until(`the next ${kind} device, or none`, async () => {
        return (await openLabel(ann.page, kind)) !== null || (await ann.screen.shown()).includes(words);
      });
    }
  }
  await ann.screen.sees('Your camera and microphone were unplugged, and no others could be opened.');
  await Promise.all([ben.screen.sees('ann is muted'), ben.screen.sees('Camera off')]);
  await plugIn(ann.page);
  await Promise.all([ben.hearsSound(), ben.seesFrames(10)]);

  // The permission for both is taken back, which the browser really does here.
  const { origin } = new URL(ann.page.url());
  const devices = ['camera', 'microphone'].map((name) => ({
    permission: { name },
    state: 'denied' as const,
  }));
  await ann.page.browserContext().setPermission(origin, ...devices);
  await ann.screen.sees('The permission for your camera and microphone was taken back.');
  await Promise.all([ben.screen.sees('ann is muted'), ben.screen.sees('Camera off')]);

  await ann.end();
  await darkAndSilent(ann);
});

/** Chooses a speaker for calls, as the settings do, and returns its id. */
async function chooseSpeaker({ page }: Person): Promise<string> {
  return page.evaluate(async () => {
    const list = await navigator.mediaDevices.enumerateDevices();
    const speaker = list.findLast(({ kind, deviceId }) => kind === 'audiooutput' && deviceId !== 'default');
    if (!speaker) throw new Error('There is no speaker.');
    localStorage.setItem('chataway:speaker:calls', JSON.stringify(speaker.deviceId));
    return speaker.deviceId;
  });
}

/** The speaker on which the other's voice is played. */
async function sinkOf({ page }: Person): Promise<string | undefined> {
  return page.evaluate(() => document.querySelector('audio')?.sinkId);
}
