import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Message, OpenedConversation } from '#protocol/chat';
import { reported } from '../../support/fake-page.ts';
import { FakeServer } from '../../support/fake-socket.ts';
import { Signaling } from '../../../client/lib/signaling.ts';
import { Conversations } from '../../../client/state/conversations.svelte.ts';
import { People } from '../../../client/state/people.svelte.ts';

const ANN = 'ann';
const BEN = { id: 'ben', username: 'ben', presence: 'online' } as const;

let server: FakeServer;
let conversations: Conversations;
let signaling: Signaling;

const message = (seq: number, senderId: string): Message => ({
  id: `message ${seq}`,
  conversationId: 'conversation',
  seq,
  senderId,
  text: `message ${seq}`,
  call: null,
  sentAt: seq,
});
const row = (lastSeq: number) => ({
  id: 'conversation',
  people: [BEN],
  lastSeq,
  readSeq: lastSeq,
  missedCalls: 0,
  lastMessage: message(lastSeq, BEN.id),
});
const opened = (lastSeq: number): OpenedConversation => ({
  conversation: row(lastSeq),
  messages: Array.from({ length: lastSeq }, (_, index) => message(index + 1, BEN.id)),
});
const pass = (milliseconds = 2) => vi.advanceTimersByTimeAsync(milliseconds);
const read = () => conversations.open?.messages.map(({ seq }) => seq);

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  signaling = new Signaling({
    device: 'device',
    tab: 'tab',
    onConnected: () => undefined,
    onSessionDoubt: () => undefined,
  });
  conversations = new Conversations({ signaling, selfId: ANN, people: new People(signaling) });
  await pass();
});
afterEach(() => {
  signaling.close();
  vi.useRealTimers();
  expect(reported.splice(0)).toEqual([]);
});

describe('a message that comes while its conversation is being opened', () => {
  test.each([
    ['acknowledged', () => conversations.sent(message(3, ANN))],
    ['received', () => server.notify('message', { message: message(3, BEN.id), conversation: row(3) })],
  ])('%s: is there, though the answer was made before it', async (_, arrive) => {
    const answer = server.hold('openConversation');
    conversations.show(BEN.id);
    await pass();
    arrive();
    await pass();
    answer(opened(2));
    await pass();
    expect(read()).toEqual([1, 2, 3]);
  });

  test('of another epoch is forgotten', async () => {
    const answer = server.hold('openConversation');
    conversations.show(BEN.id);
    await pass();
    conversations.sent(message(3, ANN));
    conversations.forget();
    conversations.fill({ conversations: [row(2)], more: false }, 0);
    await pass();
    answer(opened(2));
    await pass();
    expect(read()).toEqual([1, 2]);
  });

  test('leaves a hole that is filled', async () => {
    const answer = server.hold('openConversation');
    server.answer('listMessages', () => ({ messages: [message(3, BEN.id), message(4, ANN)], more: false }));
    conversations.show(BEN.id);
    await pass();
    conversations.sent(message(4, ANN));
    answer(opened(2));
    await pass(10);
    expect(read()).toEqual([1, 2, 3, 4]);
  });
});
