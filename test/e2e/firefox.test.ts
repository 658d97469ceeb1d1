import { expect, test } from 'vitest';
import { AnnouncedAddresses } from '../../server/reach/announced-addresses.ts';
import { darkAndSilent } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

test('Chromium and Firefox call each other', async () => {
  // Firefox offers no loopback where there is another network, so the server announces all it has, as by default.
  const addresses = new AnnouncedAddresses({ configured: undefined, publicName: undefined }).list();
  const server = await stage.serve({ MEDIA_ADDRESSES: addresses.join(',') });
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
    await caller.end();
    for (const person of [chris, fay]) {
      expect(await person.callEnded()).toContain('The call is over.');
      await darkAndSilent(person);
      await person.dismiss();
    }
  }
});
