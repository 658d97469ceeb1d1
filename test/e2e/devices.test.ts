import { expect, test } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { darkAndSilent, talk, videosOf } from './call.ts';
import { useStage, type Seat } from './stage.ts';

const stage = useStage();

/** A name that is no secure context on plain HTTP, unlike localhost. */
const HOST = 'chataway.test';
const ELSEWHERE: Seat = { args: [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`] };
/** The last of two arguments counts. */
const REFUSING: Seat = { args: ['--use-fake-ui-for-media-stream=deny'] };
const NO_CAMERA: Seat = { args: ['--use-fake-device-for-media-stream=device-count=0'] };
const NO_DEVICES: Seat = { devices: false };

test('who has not been asked yet is told why before the browser asks', async () => {
  const server = await stage.serve();
  const ann = await stage.visitor(server, 'ann');
  await unasked(ann);
  await ann.signUp();
  await ann.screen.sees('ChatAway needs them for calls only.');
  expect(await ann.media()).toMatchObject({ camerasOn: 0, microphonesOn: 0 });
  await ann.screen.click('button', 'Allow camera and microphone');
  await until('the card to go', async () => !(await ann.screen.shown()).includes('Camera and microphone'));
  await darkAndSilent(ann);

  await ann.reload();
  await ann.screen.sees('Nobody else is here yet.');
  expect(await ann.screen.shown()).not.toContain('Camera and microphone');
});

test('who refuses devices is told how to allow them, and can listen and watch', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann');
  const ben = await stage.person(server, 'ben', REFUSING);
  const how = 'Click the icon left of the address, allow camera and microphone, then try again.';
  await ben.screen.sees(how);
  await ben.screen.click('button', 'Try again');
  await ben.screen.sees(how);
  await ben.reload();
  await ben.screen.sees(how);
  await ben.screen.find('button', 'Try again');
  await meet(ann, ben);

  await ann.call('video');
  await ben.answer();
  await Promise.all([ben.seesFrames(20), ben.hearsSound()]);
  await bothActive(ann, ben);
  await ben.screen.sees(
    'This browser blocks your camera and microphone. Allow it beside the address. You can listen and watch.',
  );
  expect(await videosOf(ann)).toEqual(['Your video']);
  await endsWell(ann, ben);

  // The same with the one who refuses as the caller.
  await ben.callAgain();
  await ann.answer();
  await Promise.all([ben.seesFrames(20), ben.hearsSound()]);
  await bothActive(ann, ben);
  await endsWell(ben, ann);
});

test('who has no camera is told so, and calls go on with the microphone', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann');
  const ben = await stage.visitor(server, 'ben', NO_CAMERA);
  await unasked(ben);
  await ben.signUp();
  await ben.screen.click('button', 'Allow camera and microphone');
  await ben.screen.sees('Calls work with your microphone alone.');
  await meet(ann, ben);

  await ben.call('video');
  await ann.answer();
  await Promise.all([ben.seesFrames(20), ben.hearsSound(), ann.hearsSound()]);
  await bothActive(ann, ben);
  await ben.screen.sees('No camera was found. The call goes on without your picture.');
  await endsWell(ann, ben);
});

test('two people without any device are in a call, and it does not end by itself', async () => {
  const server = await stage.serve();
  const ann = await stage.visitor(server, 'ann', NO_DEVICES);
  await unasked(ann);
  await ann.signUp();
  const ben = await stage.person(server, 'ben', NO_DEVICES);
  await ann.screen.click('button', 'Allow camera and microphone');
  await ann.screen.sees('No microphone found');
  await meet(ann, ben);

  await ann.call('video');
  await ben.answer();
  await bothActive(ann, ben);
  await ann.screen.sees('No camera and no microphone were found. You can listen and watch.');
  await endsWell(ann, ben);
});

test('over plain HTTP the page says why there is no camera, and calls go on, listening', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann');
  const ben = await stage.visitor({ url: `http://${HOST}:${server.port}` }, 'ben', ELSEWHERE);
  // Here Chromium tells what it is in this line alone, and without a window it says "HeadlessChrome".
  const userAgent = await ben.page.evaluate(() => navigator.userAgent);
  await ben.page.setUserAgent({ userAgent: userAgent.replace('Headless', '') });
  await ben.reload();
  await ben.signUp();
  await ben.screen.sees('Browsers allow camera and microphone only over HTTPS.');
  await meet(ann, ben);

  await ann.call('video');
  await ben.answer();
  await Promise.all([ben.seesFrames(20), ben.hearsSound()]);
  await bothActive(ann, ben);
  await ben.screen.sees(
    'This page has no camera and microphone, because it was not opened over HTTPS. You can listen and watch.',
  );
  await endsWell(ann, ben);
});

test('over HTTPS a page of any name has its camera, and a call works', async () => {
  const { certFile, keyFile } = makeCertificate(await stage.folder());
  const server = await stage.serve({ TLS_CERT: certFile, TLS_KEY: keyFile });
  const seat = { args: [...(ELSEWHERE.args ?? []), '--ignore-certificate-errors'] };
  const address = { url: `https://${HOST}:${server.port}` };
  const [ann, ben] = [await stage.visitor(address, 'ann', seat), await stage.visitor(address, 'ben', seat)];
  await Promise.all([ann.signUp(), ben.signUp()]);
  await meet(ann, ben);

  await talk(ann, ben, 'video');
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
  await endsWell(ann, ben);
});

/** Has the browser answer as one that was never asked for camera and microphone. */
async function unasked({ page }: Person): Promise<void> {
  const { origin } = new URL(page.url());
  const devices = ['camera', 'microphone'].map((name) => ({
    permission: { name },
    state: 'prompt' as const,
  }));
  await page.browserContext().setPermission(origin, ...devices);
}

async function meet(ann: Person, ben: Person): Promise<void> {
  await Promise.all([ann.openConversation('ben'), ben.openConversation('ann')]);
}

/** The clock runs only while the server says that the call is active on both sides. */
async function bothActive(...people: Person[]): Promise<void> {
  for (const { screen } of people) await screen.sees('Duration');
}

async function endsWell(one: Person, other: Person): Promise<void> {
  await one.end();
  for (const person of [one, other]) {
    expect(await person.callEnded()).toContain('The call is over.');
    await darkAndSilent(person);
  }
}
