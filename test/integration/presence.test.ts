import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HEARTBEAT_MS } from '../../server/signaling/signaling-server.ts';
import { TestAccount } from '../support/account.ts';
import type { TestConnection } from '../support/connection.ts';
import { startProxy } from '../support/proxy.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** As quick as the test machine, under load, still answers in time. */
const HEARTBEAT = 2_000;

let server: TestServer;
let looker: TestAccount;
let names = 0;
beforeAll(async () => {
  server = await startServer({}, { heartbeat: HEARTBEAT });
  looker = await TestAccount.signUp(server.url, 'looker');
});
afterAll(() => server.close());

const someone = () => TestAccount.signUp(server.url, `someone-${++names}`);

const sees = (connection: TestConnection, account: TestAccount, presence: string, timeout?: number) =>
  connection.next(
    'personChanged',
    ({ person }) => person.id === account.id && person.presence === presence,
    timeout,
  );

const changesOf = (connection: TestConnection, account: TestAccount) =>
  connection
    .all('personChanged')
    .filter(({ person }) => person.id === account.id)
    .map(({ person }) => person.presence);

test('who signs up, comes and goes is seen by who looks', async () => {
  using watching = await looker.connect();
  const account = await someone();
  await sees(watching, account, 'offline');
  const tab = await account.connect();
  await sees(watching, account, 'online');
  tab.close();
  await watching.next(
    'personChanged',
    ({ person }) => person.id === account.id && changesOf(watching, account).length === 3,
  );
  expect(changesOf(watching, account)).toEqual(['offline', 'online', 'offline']);
});

test('several tabs, on several devices, are one person', async () => {
  const account = await someone();
  using watching = await looker.connect();
  const tabs = [await account.connect(), await account.connect(), await account.connect()];
  await sees(watching, account, 'online');
  for (const tab of tabs.slice(1)) {
    tab.close();
    await tab.closed();
  }
  // Once this answer is there, so would be whatever had been sent before it.
  await tabs[0]?.request('ping', {});
  await watching.request('ping', {});
  expect(changesOf(watching, account)).toEqual(['online']);
  tabs[0]?.close();
  await sees(watching, account, 'offline');
});

test('a tab that comes back before it was missed replaces its dead connection', async () => {
  const account = await someone();
  const old = await account.connect();
  using fresh = await account.connect(old.seat);
  expect(await old.closed()).toBe(1012);
  await fresh.request('ping', {});
  using watching = await looker.connect();
  const { people } = await watching.request('listPeople', { search: account.self.username });
  expect(people).toEqual([{ id: account.id, username: account.self.username, presence: 'online' }]);
});

describe('a dead connection', () => {
  test('is noticed within 20 seconds', () => {
    // It may die just after a ping: that one is answered, the next is not, and the one after that finds it.
    expect(2 * HEARTBEAT_MS).toBeLessThan(20_000);
  });

  test('whose link swallows everything is noticed within two heartbeats, and a living one is kept', async () => {
    await using link = await startProxy(server.url);
    const account = await someone();
    const away = await TestAccount.signIn(link.url, account.self.username);
    using watching = await looker.connect();
    using lost = await away.connect();
    await sees(watching, account, 'online');
    link.cut();
    await sees(watching, account, 'offline', 3 * HEARTBEAT);
    await watching.request('ping', {});
    expect(lost.socket.readyState).toBe(lost.socket.OPEN);
  });
});

describe('searching', () => {
  test('finds parts of names, whatever the case and form, and counts who is online', async () => {
    const account = await TestAccount.signUp(server.url, 'Søren_Ｋierkegaard');
    using tab = await account.connect();
    using watching = await looker.connect();
    for (const search of ['søren', 'KIERKE', ' ｋｉｅｒｋ ', '_']) {
      const { people } = await watching.request('listPeople', { search });
      expect(people.map(({ id }) => id)).toContain(account.id);
    }
    const none = await watching.request('listPeople', { search: '%' });
    expect(none).toMatchObject({ people: [], more: false });
    expect(none.online).toBeGreaterThanOrEqual(1);
    await tab.request('ping', {});
  });

  test('makes what is found the view: changes of others are not sent', async () => {
    const [found, other] = [await TestAccount.signUp(server.url, 'needle'), await someone()];
    using watching = await looker.connect();
    await watching.request('listPeople', { search: 'needle' });
    using otherTab = await other.connect();
    using foundTab = await found.connect();
    await sees(watching, found, 'online');
    await Promise.all([otherTab.request('ping', {}), foundTab.request('ping', {})]);
    expect(changesOf(watching, other)).toEqual([]);
  });

  test('oneself is not in the list', async () => {
    using watching = await looker.connect();
    expect((await watching.request('listPeople', { search: 'looker' })).people).toEqual([]);
    using second = await looker.connect();
    await second.request('ping', {});
    await watching.request('ping', {});
    expect(changesOf(watching, looker)).toEqual([]);
  });
});
