import { expect, test } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { testTurn } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';
import { darkAndSilent } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

testTurn('the call doctor tries every way there is, and finds that all is well', async () => {
  const { certFile, keyFile } = makeCertificate(await stage.folder());
  const server = await stage.serve({
    TURN: 'on',
    TURN_PORT: String(await freePort()),
    TLS_CERT: certFile,
    TLS_KEY: keyFile,
  });
  const ann = await stage.visitor(server, 'ann', { args: ['--ignore-certificate-errors'] });
  await ann.signUp();
  await ann.openSettings();
  await ann.screen.click('button', 'Check calls');
  await ann.screen.sees('Calls work from here', 30_000);
  expect((await ann.screen.textOf('list', 'Ways to the server')).match(/works/g)).toHaveLength(5);
  await darkAndSilent(ann);
  await until(
    'the check to leave nothing at the server',
    async () => (await server.media.countRouters()) === 0,
  );
});

test('without a relay it tries two, and says what is closed, and for whom', async () => {
  // Nobody is at this address: what the server announces leads nowhere.
  const server = await stage.serve({ MEDIA_ADDRESSES: '192.0.2.255' });
  const ann = await stage.person(server, 'ann');
  await ann.openSettings();
  await ann.screen.click('button', 'Check calls');
  await ann.screen.sees(
    'No call gets through: your network blocks it, or the server’s ports are closed.',
    30_000,
  );
  await ann.screen.sees('reaches the server: forward both in the router or open them in the firewall');
  expect((await ann.screen.textOf('list', 'Ways to the server')).match(/blocked/g)).toHaveLength(2);
});

test('an answered call without media names the side, and the doctor comes by itself', async () => {
  const server = await stage.serve({ MEDIA_ADDRESSES: '192.0.2.255' }, { deadlines: { connecting: 6_000 } });
  const [ann, ben] = await stage.pair(server);
  await ann.call('voice');
  await ben.answer();
  for (const person of [ann, ben]) {
    expect(await person.callEnded()).toContain('Sound and picture got through on neither side.');
    await person.screen.sees('No call gets through', 30_000);
  }
});
