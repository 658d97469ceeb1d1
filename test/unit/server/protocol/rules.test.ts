import { expect, test } from 'vitest';
import { EXCERPT_MAX } from '#protocol/limits';
import { comparePlaces, comparisonKey, isDirect, placeOf, previewOf, ROUTES } from '#protocol/rules';

test('people are in order: those who are there by name, then the others by name', () => {
  const people = [
    ['Zoe', 'offline'],
    ['ben', 'in_call'],
    ['Änne', 'online'],
    ['Ｂｅａ', 'online'],
    ['Cleo', 'offline'],
  ] as const;
  const sorted = people.toSorted(([a, x], [b, y]) =>
    comparePlaces(placeOf(comparisonKey(a), x), placeOf(comparisonKey(b), y)),
  );
  expect(sorted.map(([name]) => name)).toEqual(['Ｂｅａ', 'ben', 'Änne', 'Cleo', 'Zoe']);
});

test('a list shows the last message on one line, cut where it is long', () => {
  const message = {
    id: 'm',
    conversationId: 'c',
    seq: 1,
    senderId: 'a',
    text: `one\ntwo ${'x'.repeat(EXCERPT_MAX)}`,
    call: null,
    sentAt: 0,
  };
  const { text, ...rest } = previewOf(message);
  expect(text).toBe(`one two ${'x'.repeat(EXCERPT_MAX - 8)}…`);
  expect({ ...rest, text: message.text }).toEqual(message);
});

test('UDP and TCP lead to the media server directly, TURN over a relay', () => {
  expect(ROUTES.filter(isDirect)).toEqual(['udp', 'tcp']);
});
