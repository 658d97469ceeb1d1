import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import type { Person } from '../support/person.ts';
import { darkAndSilent, talk, videosOf } from './call.ts';
import { packetsOf, ServerMedia, type Producer } from './server-media.ts';
import { useStage } from './stage.ts';

const stage = useStage();

/** While so many pictures are shown, more than a second passes: enough for fifty packets of sound. */
const A_WHILE_IN_FRAMES = 40;

test('two people sign up, see each other online and chat both ways', async () => {
  const server = await stage.serve();
  const [ann, ben] = await Promise.all([stage.visitor(server, 'ann'), stage.visitor(server, 'ben')]);
  await Promise.all([ann.signUp(), ben.signUp()]);

  await Promise.all([ann.seesPresence('ben', 'online'), ben.seesPresence('ann', 'online')]);
  await Promise.all([ann.openConversation('ben'), ben.openConversation('ann')]);
  await ann.write('Good morning, Ben');
  await ben.reads('Good morning, Ben');
  await ben.write('Good morning, Ann');
  await ann.reads('Good morning, Ann');
});

test('a video call carries picture and sound both ways, and ends on both sides', async () => {
  const server = await stage.serve();
  const media = new ServerMedia(server);
  const [ann, ben] = await stage.pair(server);

  await ann.call('video');
  const dialog = await ben.rings();
  expect(dialog).toContain('ann');
  expect(dialog).toContain('Video call');
  await ann.screen.sees('Ringing…');
  await ben.answer();
  await ann.inCall();
  await Promise.all([ann.seesFrames(30), ben.seesFrames(30), ann.hearsSound(), ben.hearsSound()]);
  for (const person of [ann, ben]) {
    expect(await videosOf(person)).toEqual(['Remote video', 'Your video']);
    expect(await person.media()).toMatchObject({ camerasOn: 1, microphonesOn: 1 });
  }

  await ben.end();
  for (const person of [ann, ben]) {
    const words = await person.callEnded();
    expect(words).toContain('The call is over.');
    expect(words).toMatch(/The call lasted \d+:\d\d\./);
    await darkAndSilent(person);
  }
  await media.empty();

  // The same again, the other way round and ended by the other.
  await ann.callAgain();
  await ben.answer();
  await Promise.all([ann.seesFrames(10), ben.seesFrames(10)]);
  await ann.end();
  for (const person of [ann, ben]) {
    expect(await person.callEnded()).toContain('The call is over.');
    await darkAndSilent(person);
  }
  await media.empty();
});

test('a voice call has no camera, and a camera can be turned on in it', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);

  await ann.call('voice');
  expect(await ben.rings()).toContain('Voice call');
  expect(await ben.screen.has('button', 'Answer without video')).toBe(false);
  await ben.answer();
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
  for (const person of [ann, ben]) {
    expect(await person.media()).toMatchObject({
      camerasOn: 0,
      microphonesOn: 1,
      video: { framesDecoded: 0 },
    });
  }

  await ann.turnCameraOn();
  await ben.seesFrames(20);
  expect(await ben.media()).toMatchObject({ camerasOn: 0 });
});

test('a video call can be answered without video', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);

  await ann.call('video');
  await ben.answer({ video: false });
  await Promise.all([ben.seesFrames(20), ben.hearsSound(), ann.hearsSound()]);
  expect(await ben.media()).toMatchObject({ camerasOn: 0, microphonesOn: 1 });
  expect(await ann.media()).toMatchObject({ camerasOn: 1, video: { framesDecoded: 0 } });
});

test('a muted microphone sends nothing to the server, and goes on when unmuted', async () => {
  const server = await stage.serve();
  const media = new ServerMedia(server);
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');
  const microphone = await media.producer(ann, 'microphone');

  await ann.mute();
  await until('the server to know that ann is muted', () => microphone.paused);
  await ben.screen.sees('ann is muted');
  await standsStill(microphone, ben);

  await ann.unmute();
  await until('the server to know that ann speaks', () => !microphone.paused);
  await ben.hearsSound();
});

test('a camera that is off is off itself, sends nothing, and comes back', async () => {
  const server = await stage.serve();
  const media = new ServerMedia(server);
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');
  const camera = await media.producer(ann, 'camera');

  await ann.turnCameraOff();
  expect(await ann.media()).toMatchObject({ camerasOn: 0, microphonesOn: 1 });
  expect(await videosOf(ann)).toEqual(['Remote video']);
  await until('the server to know that the camera is off', () => camera.paused);
  await standsStill(camera, ann);

  await ann.turnCameraOn();
  expect(await ann.media()).toMatchObject({ camerasOn: 1 });
  await ben.seesFrames(20);
});

/** Fails where packets reach the server while this person, whose picture is another's, sees a second of it. */
async function standsStill(producer: Producer, seer: Person): Promise<void> {
  // What was on its way may still come.
  await seer.seesFrames(5);
  const before = await packetsOf(producer);
  await seer.seesFrames(A_WHILE_IN_FRAMES);
  expect(await packetsOf(producer)).toBe(before);
}
