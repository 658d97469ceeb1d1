import { expect, test } from 'vitest';
import { darkAndSilent, talk } from './call.ts';
import { ServerMedia } from './server-media.ts';
import { useStage } from './stage.ts';

const stage = useStage();

test('a declined call ends on both sides, and no device stays on', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);

  await ann.call('video');
  await ben.rings();
  await ben.decline();
  expect(await ann.callEnded()).toContain('ben declined.');
  await ben.ringsNoMore();
  await Promise.all([darkAndSilent(ann), darkAndSilent(ben)]);
  await ben.seesPresence('ann', 'online');
});

test('a cancelled call rings no more, and is told as missed', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);

  await ann.call('video');
  await ben.rings();
  await ann.cancel();
  expect(await ann.callEnded()).toContain('You cancelled the call.');
  await ben.ringsNoMore();
  await ben.screen.sees('Missed call from ann');
  await Promise.all([darkAndSilent(ann), darkAndSilent(ben)]);
});

test('a call that nobody answers ends by itself, and is told as missed', async () => {
  const server = await stage.serve({}, { deadlines: { ringing: 6_000 } });
  const [ann, ben] = await stage.pair(server);

  await ann.call('voice');
  await ben.rings();
  expect(await ann.callEnded()).toContain('No answer.');
  await ben.ringsNoMore();
  await ben.screen.sees('Missed call from ann');
  await darkAndSilent(ann);
});

test('a call to someone who is not there ends, and says that a message will be found', async () => {
  const server = await stage.serve({}, { deadlines: { invitation: 6_000 } });
  const ann = await stage.person(server, 'ann');
  const ben = await stage.person(server, 'ben');
  await ben.leave();
  await ann.seesPresence('ben', 'offline');

  await ann.openConversation('ben');
  await ann.call('voice');
  await ann.screen.sees('Calling…');
  expect(await ann.callEnded()).toContain('ben could not be reached.');
});

test('a third person hears that someone is in another call, where no second call may wait', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const cleo = await stage.person(server, 'cleo');
  await ben.openSettings();
  await ben.screen.click('switch', 'Call waiting');
  await ben.goBack();
  await ben.openConversation('ann');
  await talk(ann, ben, 'voice');

  await cleo.seesPresence('ben', 'in a call');
  await cleo.openConversation('ben');
  await cleo.screen.click('button', 'Voice call');
  expect(await cleo.callEnded()).toContain('ben is in another call.');
  await darkAndSilent(cleo);
  expect(await ben.screen.has('alertdialog', 'Incoming call')).toBe(false);
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);

  await cleo.dismiss();
  await ann.end();
  await cleo.seesPresence('ben', 'online');
});

test('two people who call each other meet in one call', async () => {
  const server = await stage.serve();
  const media = new ServerMedia(server);
  const [ann, ben] = await stage.pair(server);

  const buttons = await Promise.all([ann, ben].map(({ screen }) => screen.find('button', 'Voice call')));
  // A dialog that is a moment earlier must not get in the way.
  await Promise.all(buttons.map((button) => button.evaluate((node) => (node as HTMLElement).click())));
  await Promise.all([ann.inCall(), ben.inCall()]);
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
  await ann.end();
  await ben.callEnded();
  await media.empty();
});

test('all tabs ring, one answers, and the other stops with a word', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const other = stage.follow(await ben.inAnotherTab());
  await other.signedIn();

  await ann.call('voice');
  await Promise.all([ben.rings(), other.rings()]);
  await other.page.bringToFront();
  await other.answer();
  await ben.ringsNoMore();
  await ben.screen.sees('Answered on another device');
  await ben.screen.sees('You are in a call with ann in another tab or on another device.');
  await Promise.all([ann.hearsSound(), other.hearsSound()]);
  await darkAndSilent(ben);

  await other.end();
  await ann.callEnded();
});

test('a declined call stops ringing in every tab', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const other = stage.follow(await ben.inAnotherTab());
  await other.signedIn();

  await ann.call('voice');
  await Promise.all([ben.rings(), other.rings()]);
  await other.decline();
  await Promise.all([ben.ringsNoMore(), other.ringsNoMore()]);
  expect(await ann.callEnded()).toContain('ben declined.');
});
