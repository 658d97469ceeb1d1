import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import '../../support/fake-page.ts';
import { reported } from '../../support/fake-page.ts';
import { FakeServer, NEVER, Refusal } from '../../support/fake-socket.ts';
import { ConnectionLost, RequestError, Signaling } from '../../../client/lib/signaling.ts';

const PING_EVERY = 10_000;

let server: FakeServer;
let signaling: Signaling;
/** What the page was told, in order. */
let told: string[];
/** What was begun and is ended after the test. */
const open: Signaling[] = [];

function start(): Signaling {
  const made = new Signaling({
    device: 'device',
    tab: 'tab',
    onConnected: (connected) => told.push(connected ? 'up' : 'down'),
    onSessionDoubt: () => told.push('doubt'),
  });
  open.push(made);
  return made;
}

const settle = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);
const ping = () => signaling.request('ping', {});

/** What comes of a request, as soon as nothing has to be waited for but the answer. */
async function outcomeOf(request: Promise<unknown>): Promise<unknown> {
  const outcome = request.catch((error: unknown) => error);
  await settle(1);
  return outcome;
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  told = [];
  signaling = start();
});

afterEach(() => {
  for (const one of open.splice(0)) one.close();
  vi.useRealTimers();
  reported.length = 0;
});

test('it connects to the socket’s address, and tells device and tab', async () => {
  await settle();
  expect(server.sockets.map(({ url }) => url)).toEqual(['wss://chat.example/ws?device=device&tab=tab']);
});

test('before the snapshot nothing can be asked, and with it everything', async () => {
  server.greeting = null;
  await settle();
  expect(signaling.open).toBe(false);
  await expect(ping()).rejects.toBeInstanceOf(ConnectionLost);
  expect(server.requests).toEqual([]);

  // What the snapshot's owner asks while it takes it goes out, too.
  const asked: Promise<unknown>[] = [];
  signaling.on({
    snapshot: () => {
      told.push('snapshot');
      asked.push(ping());
    },
  });
  server.notify('snapshot', {});
  expect(told).toEqual(['snapshot', 'up']);
  expect(await Promise.all(asked.map(outcomeOf))).toEqual([{}]);
});

test('a notice goes to all who subscribed to it, in their order, and to nobody else', async () => {
  await settle();
  const heard: string[] = [];
  signaling.on({ missedCalls: ({ count }) => heard.push(`first ${count}`) });
  const end = signaling.on({
    missedCalls: () => heard.push('second'),
    restarting: () => heard.push('restarting'),
  });
  signaling.on({ missedCalls: () => heard.push('third') });
  server.notify('missedCalls', { count: 2 });
  expect(heard.splice(0)).toEqual(['first 2', 'second', 'third']);

  end();
  server.notify('missedCalls', { count: 3 });
  server.notify('restarting', {});
  expect(heard).toEqual(['first 3', 'third']);
});

test('one subscription that is made twice counts twice', async () => {
  await settle();
  let heard = 0;
  const handlers = {
    missedCalls: () => {
      heard++;
    },
  };
  signaling.on(handlers);
  const end = signaling.on(handlers);
  server.notify('missedCalls', { count: 1 });
  expect(heard).toBe(2);
  end();
  server.notify('missedCalls', { count: 1 });
  expect(heard).toBe(3);
});

test('who ends the subscription of one behind it keeps the notice from them', async () => {
  await settle();
  const heard: string[] = [];
  const ends: (() => void)[] = [];
  signaling.on({ restarting: () => ends.forEach((end) => end()) });
  ends.push(signaling.on({ restarting: () => heard.push('ended') }));
  server.notify('restarting', {});
  expect(heard).toEqual([]);
});

test('an exception of one subscriber is reported, and the others get the notice', async () => {
  server.greeting = null;
  await settle();
  const heard: string[] = [];
  const mistake = new TypeError('for a test');
  signaling.on({
    snapshot: () => {
      throw mistake;
    },
  });
  signaling.on({ snapshot: () => heard.push('second') });
  server.notify('snapshot', {});
  expect(heard).toEqual(['second']);
  expect(reported).toEqual([mistake]);
  // The connection goes on.
  expect(told).toEqual(['up']);
});

test('a notice that this page does not know is let pass', async () => {
  await settle();
  signaling.on({ restarting: () => undefined });
  for (const method of ['ofNextYear', 'toString', '__proto__']) server.notify(method, {});
  expect(reported).toEqual([]);
});

test('a refusal is told by its code', async () => {
  await settle();
  server.answer('ping', () => new Refusal('rate_limited'));
  const refused = await outcomeOf(ping());
  expect(refused).toBeInstanceOf(RequestError);
  expect(refused).toMatchObject({ code: 'rate_limited' });
});

test('when the connection is lost, what was asked fails at once, and the next connection is told of', async () => {
  await settle();
  server.answer('ping', () => NEVER);
  const asked = [ping(), ping()].map((one) => one.catch((error: unknown) => error));
  await settle();
  server.greeting = null;
  server.drop();
  // Not a millisecond has passed.
  for (const one of await Promise.all(asked)) expect(one).toBeInstanceOf(ConnectionLost);
  expect(told).toEqual(['up', 'down']);
  await expect(ping()).rejects.toBeInstanceOf(ConnectionLost);

  await settle(1_000);
  expect(server.sockets).toHaveLength(2);
  expect(signaling.open).toBe(false);
  server.notify('snapshot', {});
  expect(signaling.open).toBe(true);
  expect(told).toEqual(['up', 'down', 'up']);
});

test('subscriptions outlive the connection', async () => {
  await settle();
  const heard: number[] = [];
  signaling.on({ missedCalls: ({ count }) => heard.push(count) });
  server.drop();
  await settle(1_000);
  server.notify('missedCalls', { count: 4 });
  expect(heard).toEqual([4]);
});

test('a server that is away is tried again every second at least, for ever', async () => {
  await settle();
  server.reach = 'refused';
  server.drop();
  await settle(60_000);
  expect(server.sockets.length).toBeGreaterThan(60);
  server.reach = 'open';
  await settle(1_000);
  expect(signaling.open).toBe(true);
});

test('while no connection can be made, it is asked now and then whether there is a session', async () => {
  await settle();
  server.reach = 'refused';
  server.drop();
  await settle();
  expect(told).toEqual(['up', 'down', 'doubt']);
  const tries = () => server.sockets.length - 1;
  while (tries() < 6) await settle(100);
  expect(told.filter((one) => one === 'doubt')).toHaveLength(2);
});

test('a session that has ended is not tried again', async () => {
  await settle();
  server.drop(4000);
  expect(told).toEqual(['up', 'down', 'doubt']);
  await settle(5_000);
  expect(server.sockets).toHaveLength(1);
});

test('a link that is dead without a word is noticed, and replaced', async () => {
  await settle();
  server.deaf = true;
  await settle(PING_EVERY + 4_999);
  expect(server.sockets).toHaveLength(1);
  server.deaf = false;
  await settle(2);
  expect(server.sockets).toHaveLength(2);
  expect(told).toEqual(['up', 'down', 'up']);
});

test('a link that is not answered to at all is tried at once when the network is back', async () => {
  await settle();
  server.deaf = true;
  dispatchEvent(new Event('online'));
  await settle(5_000);
  expect(server.sockets).toHaveLength(2);
});

test('a refused ping is an answer, too', async () => {
  await settle();
  server.answer('ping', () => new Refusal('rate_limited'));
  await settle(PING_EVERY + 5_000);
  expect(server.sockets).toHaveLength(1);
});

test('one request that is never answered means another connection, and fails with it', async () => {
  await settle();
  server.answer('getSettings', () => NEVER);
  const asked = signaling.request('getSettings', {}).catch((error: unknown) => error);
  await settle(30_000);
  expect(await asked).toBeInstanceOf(ConnectionLost);
  expect(server.sockets).toHaveLength(2);
});

test.each(['hangs', 'open'] as const)(
  'a try that comes to nothing (%s) is given up for another',
  async (reach) => {
    await settle();
    server.reach = reach;
    server.greeting = null;
    server.drop();
    await settle(PING_EVERY * 2);
    server.reach = 'open';
    server.greeting = {};
    await settle(PING_EVERY * 2);
    expect(signaling.open).toBe(true);
  },
);

test('after the end nothing is asked, tried or told', async () => {
  await settle();
  server.answer('ping', () => NEVER);
  const asked = ping().catch((error: unknown) => error);
  signaling.close();
  expect(await asked).toBeInstanceOf(ConnectionLost);
  told.length = 0;
  await settle(60_000);
  dispatchEvent(new Event('online'));
  await settle(60_000);
  expect(server.sockets).toHaveLength(1);
  expect(told).toEqual([]);
  await expect(ping()).rejects.toBeInstanceOf(ConnectionLost);
});
