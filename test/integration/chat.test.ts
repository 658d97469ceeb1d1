import type { Message } from '#protocol/chat';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { Refused, type TestConnection } from '../support/connection.ts';
import { withDatabase } from '../support/data.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { messageSamples } from '../support/unicode-samples.ts';

let server: TestServer;
let names = 0;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** Two people with a tab each, and their conversation. */
async function pair() {
  const ann = await TestAccount.signUp(server.url, `ann-${++names}`);
  const ben = await TestAccount.signUp(server.url, `ben-${names}`);
  const [a, b] = [await ann.connect(), await ben.connect()];
  const { conversation } = await a.request('openConversation', { accountId: ben.id });
  const close = () => {
    a[Symbol.dispose]();
    b[Symbol.dispose]();
  };
  return { ann, ben, a, b, conversationId: conversation.id, [Symbol.dispose]: close };
}

const send = (connection: TestConnection, conversationId: string, text: string, id: string = randomUUID()) =>
  connection.request('sendMessage', { conversationId, id, text });

const textsOf = (messages: readonly Message[]) => messages.map(({ text }) => text);

async function refusal(request: Promise<unknown>): Promise<string> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Refused);
  return (error as Refused).code;
}

test('both open one conversation, whoever opens it first', async () => {
  using world = await pair();
  const [mine, theirs] = await Promise.all([
    world.a.request('openConversation', { accountId: world.ben.id }),
    world.b.request('openConversation', { accountId: world.ann.id }),
  ]);
  expect([mine.conversation.id, theirs.conversation.id]).toEqual([
    world.conversationId,
    world.conversationId,
  ]);
  expect(theirs.conversation.people.map(({ id }) => id)).toEqual([world.ann.id]);
});

test('opened by both at once for the first time, it is one as well', async () => {
  const [ann, ben] = [
    await TestAccount.signUp(server.url, 'at-once-a'),
    await TestAccount.signUp(server.url, 'at-once-b'),
  ];
  using a = await ann.connect();
  using b = await ben.connect();
  const opened = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0
        ? a.request('openConversation', { accountId: ben.id })
        : b.request('openConversation', { accountId: ann.id }),
    ),
  );
  expect(new Set(opened.map(({ conversation }) => conversation.id)).size).toBe(1);
});

describe('a message', () => {
  test('reaches every tab of both but the one that sent it, which has the acknowledgement', async () => {
    using world = await pair();
    using secondTab = await world.ann.connect();
    using phone = await world.ben.connect();
    const { seq, sentAt } = await send(world.a, world.conversationId, 'hello');
    for (const tab of [secondTab, world.b, phone]) {
      const { message } = await tab.next('message');
      expect(message).toMatchObject({ seq, sentAt, senderId: world.ann.id, text: 'hello' });
    }
    await world.a.request('ping', {});
    expect(world.a.all('message')).toEqual([]);
  });

  test('sent again stays one, also twenty times at once', async () => {
    using world = await pair();
    const id = randomUUID();
    const first = await send(world.a, world.conversationId, 'once', id);
    const again = await Promise.all(
      Array.from({ length: 20 }, () => send(world.a, world.conversationId, 'once', id)),
    );
    expect(again).toEqual(again.map(() => first));
    const atOnce = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(world.a, world.conversationId, 'at once', atOnce)),
    );
    expect(new Set(answers.map(({ seq }) => seq))).toEqual(new Set([first.seq + 1]));
    const after = await send(world.a, world.conversationId, 'after');
    expect(after.seq).toBe(first.seq + 2);
    await world.b.next('message', ({ message }) => message.text === 'after');
    expect(textsOf(world.b.all('message').map(({ message }) => message))).toEqual([
      'once',
      'at once',
      'after',
    ]);
  });

  test('of another with the same id is another message', async () => {
    using world = await pair();
    const id = randomUUID();
    const [mine, theirs] = [
      await send(world.a, world.conversationId, 'mine', id),
      await send(world.b, world.conversationId, 'theirs', id),
    ];
    expect([mine.seq, theirs.seq]).toEqual([1, 2]);
  });

  test('from both sides at once has one place, the same for all, without gaps', async () => {
    using world = await pair();
    using secondTab = await world.ben.connect();
    const count = 60;
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        send(
          index % 3 === 0 ? world.a : index % 3 === 1 ? world.b : secondTab,
          world.conversationId,
          `number ${index}`,
        ),
      ),
    );
    const expected = Array.from({ length: count }, (_, index) => index + 1);
    expect(answers.map(({ seq }) => seq).sort((x, y) => x - y)).toEqual(expected);
    const { messages } = await world.a.request('listMessages', {
      conversationId: world.conversationId,
      after: 0,
    });
    const more = await world.b.request('listMessages', { conversationId: world.conversationId, after: 50 });
    const all = [...messages, ...more.messages];
    expect(all.map(({ seq }) => seq)).toEqual(expected);
    for (const [index, { seq }] of answers.entries()) expect(all[seq - 1]?.text).toBe(`number ${index}`);
    // What each tab was sent came in that very order.
    await Promise.all([world.a, world.b, secondTab].map((tab) => tab.request('ping', {})));
    for (const tab of [world.a, world.b, secondTab]) {
      const seqs = tab.all('message').map(({ message }) => message.seq);
      expect(seqs.length).toBeGreaterThan(0);
      expect(seqs).toEqual(seqs.toSorted((x, y) => x - y));
    }
  });

  test('to someone who is offline is found by them later, as unread', async () => {
    const [ann, ben] = [
      await TestAccount.signUp(server.url, 'early'),
      await TestAccount.signUp(server.url, 'late'),
    ];
    using a = await ann.connect();
    const { conversation } = await a.request('openConversation', { accountId: ben.id });
    await send(a, conversation.id, 'for later');
    using b = await ben.connect();
    expect(b.snapshot.unread).toBe(1);
    expect(b.snapshot.conversations.conversations).toMatchObject([
      { id: conversation.id, lastSeq: 1, readSeq: 0, lastMessage: { text: 'for later', senderId: ann.id } },
    ]);
    const { messages } = await b.request('openConversation', { accountId: ann.id });
    expect(textsOf(messages)).toEqual(['for later']);
  });

  test.each([
    ['markup', '<img src=x onerror=alert(1)><script>alert(1)</script>&amp;'],
    ['SQL', "'; drop table messages; --"],
    ['JSON', '{"__proto__":{"a":1}}'],
    ['a template', '${process.env} {{7*7}}'],
    ['white space around', '  \n\t two lines\n  '],
    ['emoji and joiners', '👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301'],
    ['direction marks', 'abc \u202e cba \u2066x\u2069'],
    ['line separators', 'a\u2028b\u2029c'],
    ['the last code point', '\u{10ffff}'],
    ['4,000 astral letters', '𝒜'.repeat(4000)],
    ['one letter', 'x'],
  ])('of %s comes back as it was sent', async (_, text) => {
    using world = await pair();
    await send(world.a, world.conversationId, text);
    expect((await world.b.next('message')).message.text).toBe(text);
    const { messages } = await world.b.request('openConversation', { accountId: world.ann.id });
    expect(textsOf(messages)).toEqual([text]);
  });

  test.each([
    ['empty', ''],
    ['only white space', ' \n\t\u3000\u2028 '],
    ['only invisible characters', '\u200b\u2060\u00ad\u3164\ufe0f'],
    ['4,001 letters', 'x'.repeat(4001)],
    ['4,001 astral letters', '𝒜'.repeat(4001)],
    ['NUL', 'a\u0000b'],
    ['escape', '\u001b[31m'],
    ['carriage return', 'a\rb'],
    ['half a pair', 'a\ud800b'],
  ])('that is %s is refused, and takes no number', async (_, text) => {
    using world = await pair();
    expect(await refusal(send(world.a, world.conversationId, text))).toBe('invalid');
    expect((await send(world.a, world.conversationId, 'next')).seq).toBe(1);
  });

  test('made from Unicode’s data arrives as it is where it shows something, and is refused else', async () => {
    using world = await pair();
    const samples = messageSamples(60, 1);
    for (const { text, visible } of samples) {
      const sent = send(world.a, world.conversationId, text);
      if (visible) await sent;
      else expect([text, await refusal(sent)]).toEqual([text, 'invalid']);
    }
    const { messages } = await world.b.request('openConversation', { accountId: world.ann.id });
    expect(textsOf(messages)).toEqual(samples.filter(({ visible }) => visible).map(({ text }) => text));
  });
});

describe('history', () => {
  test('comes in pages of 50, back from any place and forward from any', async () => {
    using world = await pair();
    const { conversationId } = world;
    for (let number = 1; number <= 120; number++) await send(world.a, conversationId, String(number));
    const list = async (range: { before: number } | { after: number }) => {
      const page = await world.b.request('listMessages', { conversationId, ...range });
      return [page.messages[0]?.seq, page.messages.at(-1)?.seq, page.messages.length, page.more];
    };
    const opened = await world.b.request('openConversation', { accountId: world.ann.id });
    expect([opened.messages[0]?.seq, opened.messages.at(-1)?.seq, opened.conversation.lastSeq]).toEqual([
      71, 120, 120,
    ]);
    expect(await list({ before: 71 })).toEqual([21, 70, 50, true]);
    expect(await list({ before: 21 })).toEqual([1, 20, 20, false]);
    expect(await list({ before: 51 })).toEqual([1, 50, 50, false]);
    expect(await list({ before: 1 })).toEqual([undefined, undefined, 0, false]);
    expect(await list({ after: 0 })).toEqual([1, 50, 50, true]);
    expect(await list({ after: 70 })).toEqual([71, 120, 50, false]);
    expect(await list({ after: 120 })).toEqual([undefined, undefined, 0, false]);
    expect(await list({ after: Number.MAX_SAFE_INTEGER })).toEqual([undefined, undefined, 0, false]);
  });

  test('of conversations lists the latest first, in pages of 30', async () => {
    const hub = await TestAccount.signUp(server.url, 'hub');
    const others = await Promise.all(
      Array.from({ length: 33 }, (_, number) => TestAccount.signUp(server.url, `spoke-${number}`)),
    );
    using connection = await hub.connect();
    // All at once: some have their last message in the same millisecond.
    await Promise.all(
      others.map(async (other) => {
        const { conversation } = await connection.request('openConversation', { accountId: other.id });
        await send(connection, conversation.id, `to ${other.self.username}`);
      }),
    );
    const first = await connection.request('listConversations', {});
    expect(first.more).toBe(true);
    expect(first.conversations).toHaveLength(30);
    const last = first.conversations.at(-1);
    if (!last?.lastMessage) throw new Error('the page has a conversation without a message');
    const before = { time: last.lastMessage.sentAt, id: last.id };
    const second = await connection.request('listConversations', { before });
    expect(second).toMatchObject({ more: false });
    const all = [...first.conversations, ...second.conversations];
    const times = all.map(({ lastMessage }) => lastMessage?.sentAt ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const people = all.map(({ people: [one] }) => one?.id);
    expect(people.toSorted()).toEqual(others.map(({ id }) => id).toSorted());
  });

  test('without messages is in nobody’s list', async () => {
    using world = await pair();
    expect(await world.a.request('listConversations', {})).toEqual({ conversations: [], more: false });
  });
});

describe('reading', () => {
  test('moves the mark forward only, in all tabs of the reader, and tells nobody else', async () => {
    using world = await pair();
    using secondTab = await world.ben.connect();
    const { conversationId } = world;
    for (const text of ['one', 'two', 'three']) await send(world.a, conversationId, text);
    await world.b.request('markRead', { conversationId, seq: 2 });
    expect(await secondTab.next('read')).toEqual({ conversationId, seq: 2 });
    await world.b.request('markRead', { conversationId, seq: 1 });
    await world.b.request('markRead', { conversationId, seq: 2 });
    await world.b.request('markRead', { conversationId, seq: 1_000_000 });
    expect(await secondTab.next('read', ({ seq }) => seq !== 2)).toEqual({ conversationId, seq: 3 });
    await Promise.all([
      world.a.request('ping', {}),
      world.b.request('ping', {}),
      secondTab.request('ping', {}),
    ]);
    expect(secondTab.all('read')).toHaveLength(2);
    expect([...world.a.all('read'), ...world.b.all('read')]).toEqual([]);
    using later = await world.ben.connect();
    expect(later.snapshot.unread).toBe(0);
  });

  test('who writes has read what stands above', async () => {
    using world = await pair();
    await send(world.a, world.conversationId, 'question');
    await send(world.b, world.conversationId, 'answer');
    using later = await world.ben.connect();
    expect(later.snapshot.unread).toBe(0);
    expect(later.snapshot.conversations.conversations[0]?.readSeq).toBe(2);
  });
});

test("other people's conversations are not found, and cannot be written to", async () => {
  using world = await pair();
  const { conversationId } = world;
  await send(world.a, conversationId, 'between us');
  const stranger = await TestAccount.signUp(server.url, 'stranger');
  using outside = await stranger.connect();
  for (const id of [conversationId, randomUUID()]) {
    expect(await refusal(outside.request('listMessages', { conversationId: id, after: 0 }))).toBe(
      'not_found',
    );
    expect(await refusal(outside.request('markRead', { conversationId: id, seq: 1 }))).toBe('not_found');
    expect(await refusal(send(outside, id, 'let me in'))).toBe('not_found');
    const invitation = { callId: randomUUID(), conversationId: id, kind: 'voice' as const };
    expect(await refusal(outside.request('invite', invitation))).toBe('not_found');
  }
  expect(await refusal(outside.request('openConversation', { accountId: randomUUID() }))).toBe('not_found');
  expect(await refusal(outside.request('openConversation', { accountId: stranger.id }))).toBe('forbidden');
  expect(outside.snapshot.conversations.conversations).toEqual([]);
  expect(outside.received.filter(({ notice }) => notice === 'message')).toEqual([]);
});

test('who is disabled leaves the list of people, and stays in the conversations there are', async () => {
  await using folder = await temporaryFolder();
  const first = await startServer({ DATA_DIR: folder.path });
  const [ann, ben] = [await TestAccount.signUp(first.url, 'ann'), await TestAccount.signUp(first.url, 'ben')];
  {
    using a = await ann.connect();
    const { conversation } = await a.request('openConversation', { accountId: ben.id });
    await a.request('sendMessage', { conversationId: conversation.id, id: randomUUID(), text: 'hello' });
  }
  await withDatabase(folder.path, async (database) => {
    await database('accounts').where({ id: ben.id }).update({ disabled_at: Date.now() });
  });
  await first.close();

  await using server = await startServer({ DATA_DIR: folder.path });
  using a = await TestAccount.at(server.url, ann).connect();
  expect(a.snapshot.people.people).toEqual([]);
  expect(a.snapshot.conversations.conversations[0]?.people).toMatchObject([{ username: 'ben' }]);
});
