import { kill } from 'node:process';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { darkAndSilent, talk } from './call.ts';
import { ServerMedia } from './server-media.ts';
import { useStage } from './stage.ts';

const stage = useStage();

test('a reload in the middle of a call comes back into the same call', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');

  for (const [reloaded, other] of [
    [ben, ann],
    [ann, ben],
  ] as const) {
    await reloaded.reload();
    await reloaded.inCall();
    await Promise.all([ann, ben].flatMap((one) => [one.seesFrames(10), one.hearsSound()]));
    expect(await other.screen.has('region', 'Call ended')).toBe(false);
  }
  expect(server.app.rooms.size).toBe(1);

  await ben.end();
  for (const person of [ann, ben]) {
    expect(await person.callEnded()).toContain('The call is over.');
    await darkAndSilent(person);
  }
});

test('who was muted, with the camera off, is so after a reload', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');
  await ann.mute();
  await ann.turnCameraOff();

  await ann.reload();
  await ann.inCall();
  await ann.seesFrames(10);
  await ann.screen.find('button', 'Unmute microphone');
  await ann.screen.find('button', 'Turn camera on');
  expect((await ann.media()).camerasOn).toBe(0);
  await ann.unmute();
  await ben.hearsSound();
});

test('a call whose other side is gone says so, ends as lost, and leaves no device on', async () => {
  const server = await stage.serve({}, { deadlines: { reconnecting: 4_000 } });
  const media = new ServerMedia(server);
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');

  await ben.leave();
  await ann.screen.sees('Reconnecting…');
  expect(await ann.callEnded()).toContain('ben’s connection was lost.');
  await darkAndSilent(ann);
  await media.empty();
});

test('a call goes on over a restart of the server', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR });
  const [ann, ben] = await stage.pair(first);
  await talk(ann, ben, 'video');

  await first.close();
  await ann.screen.sees('Reconnecting…');
  await stage.serve({ DATA_DIR, PORT: String(first.port) });
  await Promise.all([ann, ben].flatMap((one) => [one.seesFrames(10), one.hearsSound()]));
  await ann.end();
  for (const person of [ann, ben]) {
    expect(await person.callEnded()).toContain('The call is over.');
    await darkAndSilent(person);
  }
});

test('a server that comes back too late has ended the call, and no device stays on', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR }, { deadlines: { reconnecting: 1 } });
  const [ann, ben] = await stage.pair(first);
  await talk(ann, ben, 'video');

  await first.close();
  await stage.serve({ DATA_DIR, PORT: String(first.port) }, { deadlines: { reconnecting: 1 } });
  for (const person of [ann, ben]) {
    expect(await person.callEnded()).toContain('The connection was lost.');
    await darkAndSilent(person);
  }
});

test('the death of the media worker is mended in the call', async () => {
  const server = await stage.serve({ LOG_LEVEL: 'silent' });
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');
  const dead = server.app.workers.all()[0]?.worker.pid ?? 0;

  kill(dead, 'SIGKILL');
  await until('another worker', () => server.app.workers.all().some(({ worker }) => worker.pid !== dead));
  await until('the call to have joined the new worker', () => server.app.workers.all()[0]?.rooms === 1);
  await Promise.all([ann, ben].flatMap((one) => [one.seesFrames(20), one.hearsSound()]));

  await ben.end();
  await Promise.all([ann.callEnded(), ben.callEnded()]);
  await Promise.all([ann.dismiss(), ben.dismiss()]);
  await ann.write('That went well');
  await ben.reads('That went well');
});
