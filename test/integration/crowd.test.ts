import type { Person } from '#protocol/people';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparisonKey } from '#protocol/rules';
import { TestAccount } from '../support/account.ts';
import type { TestConnection } from '../support/connection.ts';
import { withDatabase } from '../support/data.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startProxy } from '../support/proxy.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CROWD = 10_000;
const CONNECT_COST_MAX = 50_000;
const ONLINE = 60;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let looker: TestAccount;
/** People who are online: signed up here, with names all over the list. */
const present: TestAccount[] = [];
const tabs: TestConnection[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  await withDatabase(folder.path, async (database) => {
    const rows = Array.from({ length: CROWD }, (_, number) => {
      // Names of the greatest length, so that what they cost on the wire is the most they can.
      const username = `${'abcdefghij'[number % 10] ?? ''}-member-${number}`.padEnd(32, '_');
      const email = `${username}@example.org`;
      return {
        id: randomUUID(),
        username,
        username_key: comparisonKey(username),
        email,
        email_key: comparisonKey(email),
        role: 'member',
        // No password has this hash: nobody signs in as one of the crowd.
        password_hash: '!',
        created_at: number,
      };
    });
    await database.transaction(async (transaction) => {
      for (let start = 0; start < CROWD; start += 500)
        await transaction('accounts').insert(rows.slice(start, start + 500));
    });
  });

  server = await startServer({ DATA_DIR: folder.path });
  looker = await TestAccount.signUp(server.url, 'looker');
  const names = Array.from(
    { length: ONLINE },
    (_, number) => `${'acegikmoqs'[number % 10] ?? ''}-online-${number}`,
  );
  present.push(...(await Promise.all(names.map((name) => TestAccount.signUp(server.url, name)))));

  tabs.push(...(await Promise.all(present.map((account) => account.connect()))));
});
afterAll(async () => {
  for (const tab of tabs) tab[Symbol.dispose]();
  await server.close();
  await folder[Symbol.asyncDispose]();
});

const after = (person: Person) => ({ online: person.presence !== 'offline', username: person.username });

const inOrder = (people: readonly Person[]) =>
  people.toSorted((a, b) => {
    const [first, second] = [a.presence === 'offline' ? 1 : 0, b.presence === 'offline' ? 1 : 0];
    if (first !== second) return first - second;
    return comparisonKey(a.username) < comparisonKey(b.username) ? -1 : 1;
  });

/** Every page from the first to the last; between pages something may happen. */
async function pageThrough(connection: TestConnection, between?: (page: number) => Promise<void>) {
  const seen: Person[] = [];
  let page = await connection.request('listPeople', { search: '' });
  for (let number = 1; ; number++) {
    seen.push(...page.people);
    const last = page.people.at(-1);
    if (!page.more || !last) return seen;
    await between?.(number);
    page = await connection.request('listPeople', { search: '', after: after(last) });
  }
}

describe('with 10,000 accounts', () => {
  test('connecting costs less than 50 kB on the wire', async () => {
    await using meter = await startProxy(server.url);
    const member = await TestAccount.signIn(meter.url, 'looker');
    // As many conversations as are sent, each with a long last message and somebody of the crowd.
    using writer = await looker.connect();
    const { people } = await writer.request('listPeople', { search: 'member' });
    for (const person of people.slice(0, 31)) {
      const { conversation } = await writer.request('openConversation', { accountId: person.id });
      const message = { conversationId: conversation.id, id: randomUUID(), text: '𝒜'.repeat(4000) };
      await writer.request('sendMessage', message);
    }
    const before = meter.received;
    using connection = await member.connect();
    const { snapshot } = connection;
    expect(snapshot.people).toMatchObject({ more: true, online: ONLINE });
    expect(snapshot.people.people).toHaveLength(50);
    expect(snapshot.conversations.conversations).toHaveLength(30);
    const cost = meter.received - before;
    console.log(`connecting costs ${cost} bytes`);
    expect(cost).toBeGreaterThan(1_000);
    expect(cost).toBeLessThan(CONNECT_COST_MAX);
  });

  test('those online come first, each group by name, everyone once', async () => {
    using connection = await looker.connect();
    const seen = await pageThrough(connection);
    expect(seen).toHaveLength(CROWD + ONLINE);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(seen.slice(0, ONLINE).every(({ presence }) => presence === 'online')).toBe(true);
    expect(seen.slice(ONLINE).every(({ presence }) => presence === 'offline')).toBe(true);
    expect(seen).toEqual(inOrder(seen));
  });

  test('the cursor holds while people come and go: nobody who stays is missed or shown twice', async () => {
    using connection = await looker.connect();
    const coming = await TestAccount.signUp(server.url, 'aa-comes');
    const extra: TestConnection[] = [];
    // The last of the first page leaves, so that the cursor names a place where nobody stands.
    const leaving = connection.snapshot.people.people.at(-1)?.id;
    const seen = await pageThrough(connection, async (page) => {
      if (page === 1) {
        tabs[present.findIndex(({ id }) => id === leaving)]?.close();
        await connection.next('personChanged', ({ person }) => person.id === leaving);
      }
      if (page === 3) {
        extra.push(await coming.connect());
        await connection.next(
          'personChanged',
          ({ person }) => person.id === coming.id && person.presence === 'online',
        );
      }
    });
    const steady = seen.filter(({ id }) => id !== leaving && id !== coming.id);
    expect(new Set(steady.map(({ id }) => id)).size).toBe(steady.length);
    expect(steady).toHaveLength(CROWD + ONLINE - 1);
    // Who left is found again further down; who came was told by a notice, as the page they belong to was there.
    expect(seen.filter(({ id }) => id === leaving).map(({ presence }) => presence)).toEqual([
      'online',
      'offline',
    ]);
    for (const one of extra) one[Symbol.dispose]();
  });

  test('one change is one message to those who look, and none to others', async () => {
    // In view of whoever sees the first page; nobody else of the crowd has a name before it.
    const account = await TestAccount.signUp(server.url, 'aaa-first');
    using near = await looker.connect();
    using far = await looker.connect();
    await far.request('listPeople', { search: 'member-77' });
    const counts = () => [near, far].map((connection) => connection.received.length);
    const before = counts();
    using tab = await account.connect();
    await near.next(
      'personChanged',
      ({ person }) => person.id === account.id && person.presence === 'online',
    );
    await Promise.all([near, far].map((connection) => connection.request('ping', {})));
    expect(counts()).toEqual([(before[0] ?? 0) + 1, before[1]]);
    await tab.request('ping', {});
  });

  test('one who opens a conversation sees its person change, wherever in the list', async () => {
    const account = await TestAccount.signUp(server.url, 'zzz-last');
    using connection = await looker.connect();
    await connection.request('listPeople', { search: 'member-77' });
    await connection.request('openConversation', { accountId: account.id });
    using tab = await account.connect();
    await connection.next(
      'personChanged',
      ({ person }) => person.id === account.id && person.presence === 'online',
    );
    await tab.request('ping', {});
  });
});
