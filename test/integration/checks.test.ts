import { rtpCapabilities as capabilities } from '#protocol/media';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestConnection } from '../support/connection.ts';
import { connectCall, couple } from '../support/call.ts';
import { camera, fingerprint, joinMedia } from '../support/media.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { testTurn, TurnStage } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const refused = (code: string) => expect.objectContaining({ code }) as Error;

async function open(tab: TestConnection) {
  const { rtpCapabilities } = await tab.request('getRouterCapabilities', {});
  return tab.request('openCheck', { rtpCapabilities: capabilities.parse(rtpCapabilities) });
}

const routers = () => server.media.countRouters();

test('a check has a transport for each way, whose candidates lead over that way alone', async () => {
  using world = await couple(server.url);
  const { routes, seen } = await open(world.a);
  expect(routes.map(({ route }) => route)).toEqual(['udp', 'tcp']);
  for (const { route, transport, iceServers } of routes) {
    expect(new Set(transport.iceCandidates.map(({ protocol }) => protocol))).toEqual(new Set([route]));
    expect(iceServers).toBeNull();
  }
  expect(seen).toEqual([]);
});

test('where only UDP leads to the media ports, nothing else is tried or offered', async () => {
  await using udpOnly = await startServer({ MEDIA_TCP: 'off' });
  using world = await couple(udpOnly.url);
  const { routes } = await open(world.a);
  expect(routes.map(({ route }) => route)).toEqual(['udp']);
  const { sendTransport } = await joinMedia(world.a, await connectCall(world));
  expect(new Set(sendTransport.iceCandidates.map(({ protocol }) => protocol))).toEqual(new Set(['udp']));
});

testTurn('the relay takes it by every way that there is, with credentials of a minute', async () => {
  await using stage = await TurnStage.open();
  using world = await couple(stage.server.url);
  const { routes } = await open(world.a);
  expect(routes.map(({ route }) => route)).toEqual(['udp', 'tcp', 'turn_udp', 'turn_tcp', 'turn_tls']);
  for (const { iceServers } of routes.slice(2)) {
    expect(iceServers?.lifetime).toBe(60);
    // The end of their time, in seconds, stands before the name.
    expect(parseInt(iceServers?.servers[0]?.username ?? '', 10)).toBeLessThanOrEqual(Date.now() / 1_000 + 60);
  }
});

test('it belongs to the connection that began it, and goes with it', async () => {
  using world = await couple(server.url);
  const { routes } = await open(world.a);
  const transportId = routes[0]?.transport.id ?? '';
  const data = { transportId, dtlsParameters: fingerprint() };
  await expect(world.b.request('connectCheck', data)).rejects.toEqual(refused('not_found'));
  const later = await open(world.b);
  await expect(world.b.request('connectCheck', data)).rejects.toEqual(refused('not_found'));
  const sent = { transportId, rtpParameters: camera() };
  await expect(world.b.request('produceCheck', sent)).rejects.toEqual(refused('not_found'));
  const { producerId } = await world.a.request('produceCheck', sent);
  await expect(world.b.request('consumeCheck', { producerId })).rejects.toEqual(refused('not_found'));
  const { consumer } = await world.a.request('consumeCheck', { producerId });
  expect(consumer).toMatchObject({ producerId, kind: 'video', source: 'camera' });

  const before = await routers();
  await world.b.request('closeCheck', { checkId: later.checkId });
  world.a.close();
  await until('both checks to be gone', async () => (await routers()) === before - 2);
});

test('a second one replaces the first', async () => {
  using world = await couple(server.url);
  const before = await routers();
  const first = await open(world.a);
  await open(world.a);
  expect(await routers()).toBe(before + 1);
  const data = { transportId: first.back.transport.id, rtpParameters: camera() };
  await expect(world.a.request('produceCheck', data)).rejects.toEqual(refused('not_found'));
});

test('what fits no media is refused', async () => {
  using world = await couple(server.url);
  const { routes } = await open(world.a);
  const transportId = routes[0]?.transport.id ?? '';
  const rtpParameters = { ...camera(), codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 1 }] };
  await expect(world.a.request('produceCheck', { transportId, rtpParameters })).rejects.toEqual(
    refused('media_refused'),
  );
});

test('six in ten minutes are enough', async () => {
  await using strict = await startServer({ RATE_LIMIT_FACTOR: '1' });
  using world = await couple(strict.url);
  for (let count = 0; count < 6; count++) await open(world.a);
  await expect(open(world.a)).rejects.toEqual(refused('rate_limited'));
  // Everyone has their own.
  await open(world.b);
});

test('each way carries one picture, and one comes back', async () => {
  using world = await couple(server.url);
  const { routes, back } = await open(world.a);
  const [first, second] = routes.map(({ transport }) => transport.id);
  const sent = { transportId: first ?? '', rtpParameters: camera() };
  const { producerId } = await world.a.request('produceCheck', sent);
  await expect(world.a.request('produceCheck', sent)).rejects.toEqual(refused('invalid'));
  await expect(world.a.request('produceCheck', { ...sent, transportId: back.transport.id })).rejects.toEqual(
    refused('invalid'),
  );
  await world.a.request('produceCheck', { transportId: second ?? '', rtpParameters: camera() });
  await world.a.request('consumeCheck', { producerId });
  await expect(world.a.request('consumeCheck', { producerId })).rejects.toEqual(refused('invalid'));
});

test('an earlier one that is over late does not end a later one', async () => {
  using world = await couple(server.url);
  const earlier = await open(world.a);
  const later = await open(world.a);
  await world.a.request('closeCheck', { checkId: earlier.checkId });
  const transportId = later.routes[0]?.transport.id ?? '';
  await world.a.request('produceCheck', { transportId, rtpParameters: camera() });
});
