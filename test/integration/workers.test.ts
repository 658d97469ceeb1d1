import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCall, couple, heard, type Couple } from '../support/call.ts';
import { camera, fingerprint, joinMedia, microphone } from '../support/media.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ MEDIA_WORKERS: '2', LOG_LEVEL: 'silent' });
});
afterAll(() => server.close());

/** A call with tracks both ways. */
async function talk(world: Couple) {
  const callId = await connectCall(world);
  const transports = await Promise.all([world.a, world.b].map((tab) => joinMedia(tab, callId)));
  for (const [index, tab] of [world.a, world.b].entries()) {
    const transportId = transports[index]?.sendTransport.id ?? '';
    await tab.request('connectTransport', { callId, transportId, dtlsParameters: fingerprint() });
    await tab.request('produce', {
      callId,
      source: 'microphone',
      rtpParameters: microphone(),
      paused: false,
    });
    await tab.request('produce', { callId, source: 'camera', rtpParameters: camera(), paused: false });
  }
  return { callId, transportId: transports[0]?.sendTransport.id ?? '' };
}

/** Everything that the workers still hold, and how many rooms the server believes there are. */
const leftovers = async () => ({ rooms: await server.countRooms(), workers: await server.media.holds() });
const NOTHING = { rooms: 0, workers: Array(2).fill({ routers: 0, transports: 0 }) };

test('calls are spread over the workers, and leave nothing behind, however they end', async () => {
  using one = await couple(server.url);
  using two = await couple(server.url);
  const calls = [await talk(one), await talk(two)];
  const busy = { routers: 1, transports: 4 };
  expect(await leftovers()).toEqual({ rooms: 2, workers: [busy, busy] });
  await one.a.request('endCall', { callId: calls[0]?.callId ?? '' });
  await two.b.request('endCall', { callId: calls[1]?.callId ?? '' });
  expect(await leftovers()).toEqual(NOTHING);

  for (let round = 0; round < 15; round++) {
    const { callId } = await talk(one);
    if (round % 3 === 0) await joinMedia(one.a, callId);
    // While a join and a track are under way, the call ends.
    const late = Promise.allSettled([
      joinMedia(one.b, callId),
      one.a.request('produce', { callId, source: 'camera', rtpParameters: camera(), paused: false }),
    ]);
    await one.a.request('endCall', { callId });
    for (const answer of await late) {
      if (answer.status === 'rejected') {
        expect(['media_lost', 'not_found', 'not_joined', 'invalid']).toContain(
          (answer.reason as { code: string }).code,
        );
      }
    }
  }
  expect(
    await until('the workers to be empty', async () => {
      const left = await leftovers();
      return left.workers.every(({ routers }) => routers === 0) && left;
    }),
  ).toEqual(NOTHING);
});

test('a worker that is killed takes its own call’s media and nothing else, and is replaced', async () => {
  using one = await couple(server.url);
  using two = await couple(server.url);
  const [first, second] = [await talk(one), await talk(two)];
  const pids = server.media.pids;
  expect((await server.media.holds()).map(({ routers }) => routers)).toEqual([1, 1]);

  process.kill(pids[0] ?? 0, 'SIGKILL');
  // Whose call it was is told, to both of its tabs and to nobody else.
  const [hit, spared] = await Promise.race([
    one.a.next('mediaLost').then(
      () =>
        [
          { world: one, ...first },
          { world: two, ...second },
        ] as const,
    ),
    two.a.next('mediaLost').then(
      () =>
        [
          { world: two, ...second },
          { world: one, ...first },
        ] as const,
    ),
  ]);
  expect(await hit.world.b.next('mediaLost')).toEqual({ callId: hit.callId });
  await spared.world.a.request('restartIce', { callId: spared.callId, transportId: spared.transportId });
  expect([...spared.world.a.all('mediaLost'), ...spared.world.b.all('mediaLost')]).toEqual([]);
  expect(heard(spared.world.a, spared.callId).at(-1)?.state).toBe('connecting');

  // The call itself goes on: both join anew, and their tracks come through again.
  await Promise.all([hit.world.a, hit.world.b].map((tab) => joinMedia(tab, hit.callId)));
  const seen = hit.world.b.all('consumerAdded').length;
  const track = {
    callId: hit.callId,
    source: 'microphone' as const,
    rtpParameters: microphone(),
    paused: false,
  };
  const { producerId } = await hit.world.a.request('produce', track);
  await hit.world.b.next('consumerAdded', ({ consumer }) => consumer.producerId === producerId);
  expect(hit.world.b.all('consumerAdded')).toHaveLength(seen + 1);

  const after = await until('the worker to be replaced', () => {
    const now = server.media.pids;
    return now.length === 2 && now;
  });
  expect(after).not.toContain(pids[0]);
  expect(after).toContain(pids[1]);
  for (const { world, callId } of [hit, spared]) await world.a.request('endCall', { callId });
  expect(await leftovers()).toEqual(NOTHING);
});

test('with every worker killed at once the server lives, and soon carries calls again', async () => {
  using world = await couple(server.url);
  const { callId } = await talk(world);
  for (const pid of server.media.pids) process.kill(pid, 'SIGKILL');
  await Promise.all([world.a.next('mediaLost'), world.b.next('mediaLost')]);
  await until('the call to be joined again', () => joinMedia(world.a, callId));
  await world.a.request('endCall', { callId });
  await until('both workers', () => server.media.workers.length === 2);
  const again = await talk(world);
  await world.b.request('endCall', { callId: again.callId });
  expect(await leftovers()).toEqual(NOTHING);
});
