import { expect } from 'vitest';
import { AnnouncedAddresses } from '../../server/reach/announced-addresses.ts';
import { freePort } from '../support/free-port.ts';
import { testTurn } from '../support/turn-stage.ts';
import type { Person } from '../support/person.ts';
import { darkAndSilent } from './call.ts';
import { benchFor, plugIn, pullOut, systemMutes } from './device-bench.ts';
import { useStage } from './stage.ts';

const stage = useStage();

testTurn('Chromium and Firefox call each other', async () => {
  // Firefox offers no loopback where there is another network, so the server announces all it has, as by default.
  const addresses = new AnnouncedAddresses({
    configured: undefined,
    publicName: undefined,
    relayed: undefined,
  }).list();
  const server = await stage.serve(
    {
      MEDIA_ADDRESSES: addresses.join(','),
      TURN: 'on',
      TURN_PORT: String(await freePort()),
    },
    { relayLifetime: 4 },
  );
  const chris = await stage.person(server, 'chris');
  const fay = await stage.visitor(server, 'fay', { kind: 'firefox' });
  await benchFor(fay.page);
  await fay.signUp();
  await Promise.all([chris.openConversation('fay'), fay.openConversation('chris')]);
  await chris.write('Hello from Chromium');
  await fay.reads('Hello from Chromium');
  await fay.write('Hello from Firefox');
  await chris.reads('Hello from Firefox');

  for (const [caller, callee] of [
    [chris, fay],
    [fay, chris],
  ] as const) {
    await caller.call('video');
    expect(await callee.rings()).toContain(caller.name);
    await callee.answer();
    await caller.inCall();
    await Promise.all([chris, fay].flatMap((one) => [one.seesFrames(30), one.hearsSound()]));
    // Meanwhile the relay's credentials are renewed, which Firefox cannot do to a connection: it goes on all the same.
    const made = await connectionsMade(fay);
    await chris.seesFrames(60);
    expect(await connectionsMade(fay)).toBe(made);
    if (caller === fay) await losesDevices(fay, chris);
    await caller.end();
    for (const person of [chris, fay]) {
      expect(await person.callEnded()).toContain('The call is over.');
      await darkAndSilent(person);
      await person.dismiss();
    }
  }
});

/** Firefox has one fake device of each kind: nothing takes its place, and it comes back. */
async function losesDevices(person: Person, other: Person): Promise<void> {
  await systemMutes(person.page, 'audio', true);
  await person.screen.sees('Your system has muted the microphone');
  await other.screen.sees(`${person.name} is muted`);
  await systemMutes(person.page, 'audio', false);
  await other.hearsSound();
  for (const kind of ['audio', 'video'] as const) await pullOut(person.page, kind);
  await person.screen.sees('Your camera and microphone were unplugged, and no others could be opened.');
  await Promise.all([other.screen.sees(`${person.name} is muted`), other.screen.sees('Camera off')]);
  await plugIn(person.page);
  await person.screen.sees('Your microphone is back.');
  await Promise.all([other.seesFrames(10), other.hearsSound()]);
}

/** How many connections the page has made for media since it was loaded. */
async function connectionsMade({ page }: Person): Promise<number> {
  return page.evaluate(
    () => (window as { watchedMedia?: { connections: unknown[] } }).watchedMedia?.connections.length ?? 0,
  );
}
