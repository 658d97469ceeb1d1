import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { couple } from '../support/call.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** The driver, as Knex loads it. */
const { prototype: Driver } = createRequire(import.meta.url)('better-sqlite3') as {
  prototype: { prepare(sql: string): unknown };
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
afterEach(() => vi.restoreAllMocks());

/** What the server writes to all its sockets from now on: the notice's name, or `ok` for an answer. */
function watchFrames(): string[] {
  const frames: string[] = [];
  const { send } = WebSocket.prototype;
  vi.spyOn(WebSocket.prototype, 'send').mockImplementation(function (this: WebSocket, data, ...rest) {
    if (typeof data !== 'string') throw new Error('a frame that is no text');
    const { request, method, ok } = JSON.parse(data) as {
      request?: true;
      method?: string;
      ok?: boolean;
    };
    // The clients are in this process, too.
    if (!request) frames.push(method ?? (ok ? 'ok' : 'refused'));
    send.call(this, data, ...rest);
  });
  return frames;
}

test('the acknowledgement is on its way before others are told', async () => {
  using world = await couple(server.url);
  const { a, b, ann, conversationId } = world;
  using second = await ann.connect();
  const frames = watchFrames();
  await a.request('sendMessage', { conversationId, id: randomUUID(), text: 'hello' });
  await Promise.all([b.next('message'), second.next('message')]);
  expect(frames).toEqual(['ok', 'message', 'message']);

  await b.request('sendMessage', { conversationId, id: randomUUID(), text: 'and you' });
  await a.next('message');
  frames.length = 0;
  await a.request('markRead', { conversationId, seq: 2 });
  await second.next('read');
  expect(frames).toEqual(['ok', 'read']);
});

test('a message and a read mark take no statement more than they need', async () => {
  using world = await couple(server.url);
  const { a, b, ben, conversationId } = world;
  using second = await ben.connect();
  const id = randomUUID();
  const statements: string[] = [];
  const { prepare } = Driver;
  vi.spyOn(Driver, 'prepare').mockImplementation(function (this: typeof Driver, sql) {
    statements.push(sql);
    return prepare.call(this, sql);
  });
  await a.request('sendMessage', { conversationId, id, text: 'hello' });
  await Promise.all([b.next('message'), second.next('message')]);
  // Members, block, the transaction of six, and for the others the members with the last message of each.
  expect(statements, statements.join('\n')).toHaveLength(10);

  statements.length = 0;
  await b.request('markRead', { conversationId, seq: 1 });
  await second.next('read');
  // Members, and the mark itself.
  expect(statements, statements.join('\n')).toHaveLength(2);

  // One that is sent again is acknowledged from what is stored, and told to nobody.
  const frames = watchFrames();
  await a.request('sendMessage', { conversationId, id, text: 'hello' });
  await a.request('ping', {});
  expect(frames).toEqual(['ok', 'ok']);
});
