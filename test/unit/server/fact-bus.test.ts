import { expect, test } from 'vitest';
import { FactBus } from '../../../server/fact-bus.ts';
import { createLogger } from '../../../server/logger.ts';

const session = (sessionId: string) => ({ sessionId });

function createBus() {
  const log: { fact?: string; err?: { message: string } }[] = [];
  const write = (line: string) => void log.push(JSON.parse(line) as (typeof log)[number]);
  return { facts: new FactBus({ logger: createLogger('error', { write }) }), log };
}

test('each fact reaches each of its subscribers once, in the order of publication and of subscription', async () => {
  const { facts } = createBus();
  const heard: string[] = [];
  facts.subscribe('sessionEnded', ({ sessionId }) => void heard.push(`first ${sessionId}`));
  facts.subscribe('callsSeen', ({ accountId }) => void heard.push(`seen ${accountId}`));
  facts.subscribe('sessionEnded', ({ sessionId }) => void heard.push(`second ${sessionId}`));
  facts.publish('sessionEnded', session('a'));
  facts.publish('callsSeen', { accountId: 'b' });
  facts.publish('sessionEnded', session('c'));
  await facts.settled();
  expect(heard).toEqual(['first a', 'second a', 'seen b', 'first c', 'second c']);
});

test('a fact is handed out after everything that the publisher still does without I/O', async () => {
  const { facts } = createBus();
  const order: string[] = [];
  facts.subscribe('sessionEnded', () => void order.push('fact'));
  facts.publish('sessionEnded', session('a'));
  for (let step = 0; step < 20; step++) await Promise.resolve();
  order.push('answer');
  await facts.settled();
  expect(order).toEqual(['answer', 'fact']);
});

test('a subscriber that throws or rejects keeps no other from a fact, and is logged with its name', async () => {
  const { facts, log } = createBus();
  const heard: string[] = [];
  facts.subscribe('sessionEnded', () => {
    throw new Error('thrown');
  });
  facts.subscribe('sessionEnded', () => Promise.reject(new Error('rejected')));
  facts.subscribe('sessionEnded', ({ sessionId }) => void heard.push(sessionId));
  facts.publish('sessionEnded', session('a'));
  facts.publish('sessionEnded', session('b'));
  await facts.settled();
  expect(heard).toEqual(['a', 'b']);
  const logged = log.map(({ fact, err }) => `${fact ?? ''} ${err?.message ?? ''}`);
  const both = ['sessionEnded thrown', 'sessionEnded rejected'];
  expect(logged.sort()).toEqual([...both, ...both].sort());
});

test('a slow subscriber keeps neither the next subscriber nor the next fact', async () => {
  const { facts } = createBus();
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  const heard: string[] = [];
  facts.subscribe('sessionEnded', async ({ sessionId }) => {
    await held;
    heard.push(`slow ${sessionId}`);
  });
  facts.subscribe('sessionEnded', ({ sessionId }) => {
    heard.push(sessionId);
    if (sessionId === 'b') release(undefined);
  });
  facts.publish('sessionEnded', session('a'));
  facts.publish('sessionEnded', session('b'));
  await facts.settled();
  expect(heard).toEqual(['a', 'b', 'slow a', 'slow b']);
});

test('it is settled once the facts that subscribers publish are done with, too', async () => {
  const { facts } = createBus();
  const heard: string[] = [];
  facts.subscribe('sessionEnded', async ({ sessionId }) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    facts.publish('callsSeen', { accountId: sessionId });
  });
  facts.subscribe('callsSeen', async ({ accountId }) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    heard.push(accountId);
  });
  await facts.settled();
  facts.publish('sessionEnded', session('a'));
  await facts.settled();
  expect(heard).toEqual(['a']);
});
