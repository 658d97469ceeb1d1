import { expect, test } from 'vitest';
import { darkAndSilent } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

test('Chromium and Firefox call each other', async () => {
  const server = await stage.serve();
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
