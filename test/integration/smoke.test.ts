import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

test('two people see each other, write, and ring', async () => {
  const ann = await TestAccount.signUp(server.url, 'ann');
  const ben = await TestAccount.signUp(server.url, 'ben');
  using a = await ann.connect();
  using b = await ben.connect();
  expect(b.snapshot.people.people).toEqual([{ id: ann.id, username: 'ann', presence: 'online' }]);
  await a.next('personChanged', ({ person }) => person.id === ben.id && person.presence === 'online');

  const { conversation } = await a.request('openConversation', { accountId: ben.id });
  const sent = await a.request('sendMessage', {
    conversationId: conversation.id,
    id: randomUUID(),
    text: 'hello',
  });
  expect(sent.seq).toBe(1);
  const { message } = await b.next('message');
  expect(message.text).toBe('hello');

  const callId = randomUUID();
  const { call } = await a.request('invite', { callId, conversationId: conversation.id, kind: 'video' });
  expect(call.state).toBe('calling');
  await b.next('call', (data) => data.call.state === 'calling');
  await b.request('alert', { callId });
  await a.next('call', (data) => data.call.state === 'ringing');
  await b.request('accept', { callId });
  await a.next('call', (data) => data.call.state === 'connecting');
  await b.next('personChanged', ({ person }) => person.presence === 'in_call');
  await a.request('endCall', { callId });
  const { call: ended } = await b.next('call', (data) => data.call.state === 'ended');
  expect(ended).toMatchObject({ reason: 'hung_up', endedBy: ann.id });
});
