import { expect } from 'vitest';
import { AnnouncedAddresses } from '../../server/reach/announced-addresses.ts';
import { freePort } from '../support/free-port.ts';
import { testTurn } from '../support/turn-stage.ts';
import type { Person } from '../support/person.ts';
import { darkAndSilent } from './call.ts';
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
  const fay = await stage.person(server, 'fay', { kind: 'firefox' });
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
    await caller.end();
    for (const person of [chris, fay]) {
      expect(await person.callEnded()).toContain('The call is over.');
      await darkAndSilent(person);
      await person.dismiss();
    }
  }
});

/** How many connections the page has made for media since it was loaded. */
async function connectionsMade({ page }: Person): Promise<number> {
  return page.evaluate(
    () => (window as { watchedMedia?: { connections: unknown[] } }).watchedMedia?.connections.length ?? 0,
  );
}
