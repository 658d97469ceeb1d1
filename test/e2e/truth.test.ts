import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { startProxy } from '../support/proxy.ts';
import { darkAndSilent, talk } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const FOR_EVER = 3_600_000;
/** The server asks each connection now and then whether it is alive. */
const NOTICED_WITHIN_MS = 40_000;

/** The same person at another device: a profile of its own, signed in. */
async function atAnotherDevice(server: { readonly url: string }, { name }: Person): Promise<Person> {
  const person = await stage.visitor(server, name);
  await person.signIn();
  return person;
}

test('both devices ring; answered on one, the other stops, and a reload there does not ring again', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const phone = await atAnotherDevice(server, ben);

  await ann.call('voice');
  await Promise.all([ben.rings(), phone.rings()]);
  await phone.answer();
  await ben.ringsNoMore();
  await ben.screen.sees('Answered on another device');
  await ben.reload();
  await ben.screen.sees('You are in a call with ann in another tab or on another device.');
  expect(await ben.screen.has('alertdialog', 'Incoming call')).toBe(false);
  await Promise.all([ann.hearsSound(), phone.hearsSound()]);
  await darkAndSilent(ben);
});

test('ignored on one device, it rings on at the other', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const phone = await atAnotherDevice(server, ben);

  await ann.call('voice');
  await Promise.all([ben.rings(), phone.rings()]);
  await ben.screen.click('button', 'Ignore');
  await ben.ringsNoMore();
  await ben.reload();
  await ben.seesPresence('ann', 'online');
  expect(await ben.screen.has('alertdialog', 'Incoming call')).toBe(false);
  await ann.screen.sees('Ringing…');
  await phone.answer();
  await ann.inCall();
});

test('a second call waits: the caller knows, and it can be answered by ending the first', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const cleo = await stage.person(server, 'cleo');
  await talk(ann, ben, 'voice');

  await cleo.openConversation('ben');
  await cleo.call('voice');
  await ben.rings();
  await cleo.screen.sees('ben is in another call');
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);

  await ben.screen.click('button', 'End and answer');
  expect(await ann.callEnded()).toContain('The call is over.');
  await cleo.inCall();
  await Promise.all([ben.hearsSound(), cleo.hearsSound()]);
});

test('two who call at once both hear it ring, and each is declined or answered', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const cleo = await stage.person(server, 'cleo');
  await cleo.openConversation('ben');
  await ann.call('video');
  await ben.rings();

  await cleo.call('voice');
  await ben.screen.sees('cleo is calling, too');
  await cleo.screen.sees('Ringing…');
  await ben.screen.click('button', 'Decline cleo');
  expect(await cleo.callEnded()).toContain('ben declined.');
  expect(await ben.rings()).not.toContain('cleo');

  await cleo.callAgain();
  await ben.screen.click('button', 'Answer cleo');
  await Promise.all([ben.inCall(), cleo.inCall()]);
  // The first one waits now.
  await ann.screen.sees('Ringing…');
  expect(await ben.rings()).toContain('Answering ends your call with cleo.');
  await ben.screen.click('button', 'End and answer');
  expect(await cleo.callEnded()).toContain('The call is over.');
  await Promise.all([ann.seesFrames(10), ben.seesFrames(10)]);
});

test('a second call that is declined leaves the first alone', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const cleo = await stage.person(server, 'cleo');
  await talk(ann, ben, 'voice');

  await cleo.openConversation('ben');
  await cleo.call('voice');
  await ben.rings();
  await ben.decline();
  expect(await cleo.callEnded()).toContain('ben declined.');
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
});

test('who wants no disturbance is unavailable; the missed call is told, and can be called back', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await ben.screen.click('button', 'Account');
  await ben.screen.click('switch', 'Do not disturb');

  await ann.screen.click('button', 'Video call');
  expect(await ann.callEnded()).toContain('ben is unavailable right now.');
  expect(await ben.screen.has('alertdialog', 'Incoming call')).toBe(false);
  await darkAndSilent(ann);
  await ben.screen.sees('1 missed call');
});

test('someone who is blocked writes and calls into the void, and reads nothing of it', async () => {
  const server = await stage.serve({}, { deadlines: { invitation: 3_000 } });
  const [ann, ben] = await stage.pair(server);
  await ben.screen.click('button', 'More');
  await ben.screen.click('button', 'Block ann');
  await ben.screen.sees('You have blocked ann. Unblock to write or call.');
  expect(await ben.screen.has('textbox', 'Message')).toBe(false);
  expect(await ben.screen.has('button', 'Voice call')).toBe(false);
  await ann.screen.sees('B ben offline');

  await ann.write('Are you there?');
  await ann.reads('Are you there?');
  await ann.screen.click('button', 'Voice call');
  expect(await ann.callEnded()).toContain('ben could not be reached');
  expect(await ben.screen.has('alertdialog', 'Incoming call')).toBe(false);
  expect(await ben.messages()).not.toContain('Are you there?');

  await ben.screen.click('button', 'Unblock ann');
  await ben.screen.has('textbox', 'Message');
  await ann.screen.sees('B ben online');
  await ann.screen.click('button', 'Close');
  await ann.write('Hello again');
  await ben.reads('Hello again');
  expect(await ben.messages()).not.toContain('Are you there?');
});

test('a missed call stands in the conversation, in the list of calls and on the badge, and is called back', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await ann.call('video');
  await ben.rings();
  await ann.cancel();
  await ben.ringsNoMore();
  await ben.reads('Missed video call');
  await ann.dismiss();
  await ann.reads('Video call');

  await ben.screen.click('button', 'Call back');
  await ben.screen.find('button', 'Cancel call');
  await ann.answer();
  await Promise.all([ann.seesFrames(10), ben.seesFrames(10)]);
});

test('it rings on over a restart of the server, and can be answered then', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR });
  const [ann, ben] = await stage.pair(first);
  await ann.call('voice');
  await ben.rings();

  await first.close();
  await stage.serve({ DATA_DIR, PORT: String(first.port) });
  await ann.screen.sees('Ringing…');
  await ben.answer();
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
  await ben.end();
  expect(await ann.callEnded()).toContain('The call is over.');
});

test('who was cut off while a call was declined is told so, and not that nobody answered', async () => {
  const server = await stage.serve({}, { deadlines: { callerGrace: FOR_EVER } });
  await using link = await startProxy(server.url);
  const [ann, ben] = await stage.pair(server, link);
  await ann.call('voice');
  await ben.rings();

  link.cut();
  await ben.decline();
  await ben.ringsNoMore();
  link.mend();
  expect(await ann.callEnded()).toContain('ben declined.');
  await darkAndSilent(ann);
});

test('a caller who was cut off for too long has not cancelled', async () => {
  const server = await stage.serve({}, { deadlines: { callerGrace: 1 } });
  await using link = await startProxy(server.url);
  const [ann, ben] = await stage.pair(server, link);
  await ann.call('voice');
  await ben.rings();

  link.cut();
  await ben.ringsNoMore(NOTICED_WITHIN_MS);
  await ben.screen.sees('Missed call from ann');
  link.mend();
  expect(await ann.callEnded()).toContain('Your connection was lost.');
});

test('what was answered and ended on the phone meanwhile was not missed', async () => {
  const server = await stage.serve();
  await using link = await startProxy(server.url);
  const [ann, ben] = await stage.pair(server, link);
  const phone = await atAnotherDevice(server, ann);
  await ben.call('voice');
  await Promise.all([ann.rings(), phone.rings()]);

  link.cut();
  await phone.answer();
  await ben.inCall();
  await phone.end();
  await ben.callEnded();
  expect(await ann.screen.has('alertdialog', 'Incoming call')).toBe(true);
  link.mend();
  await ann.ringsNoMore();
  await ann.screen.sees('Answered on another device');
  expect(await ann.screen.shown()).not.toContain('Missed call');
});
