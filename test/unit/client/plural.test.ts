import { expect, test } from 'vitest';
import { admin } from '../../../client/texts/en/admin.ts';
import { chat } from '../../../client/texts/en/chat.ts';
import { errors } from '../../../client/texts/en/errors.ts';
import { people } from '../../../client/texts/en/people.ts';
import { pluralsOf } from '../../../client/texts/plural.ts';

test('every language has its own forms, and a missing one is the general one', () => {
  const files = { one: '# plik', few: '# pliki', many: '# plików', other: '# pliku' };
  const polish = pluralsOf('pl');
  expect([1, 2, 5, 22, 1.5].map((count) => polish(count, files))).toEqual([
    '1 plik',
    '2 pliki',
    '5 plików',
    '22 pliki',
    '1.5 pliku',
  ]);
  expect(polish(2, { one: 'a file', other: 'files' })).toBe('files');
});

test.each<[(count: number) => string, string, string, string]>([
  [people.online, '0 people online', '1 person online', '2 people online'],
  [people.unread, '0 unread messages', '1 unread message', '2 unread messages'],
  [
    people.unreadChats,
    '0 chats with unread messages',
    '1 chat with unread messages',
    '2 chats with unread messages',
  ],
  [people.missed, '0 missed calls', '1 missed call', '2 missed calls'],
  [admin.ended, '0 sessions were ended.', '1 session was ended.', '2 sessions were ended.'],
  [admin.dayCount, '0 days', '1 day', '2 days'],
  [admin.openReports, '0 open reports', '1 open report', '2 open reports'],
  [chat.left, '0 characters left', '1 character left', '2 characters left'],
  [
    chat.tooLong,
    '0 characters too many. Shorten the message or send it in two.',
    '1 character too many. Shorten the message or send it in two.',
    '2 characters too many. Shorten the message or send it in two.',
  ],
])('the words for none, one and two: %#', (words, none, one, two) => {
  expect([0, 1, 2].map(words)).toEqual([none, one, two]);
});

test('how long to wait, in minutes', () => {
  const words = (seconds: number) => errors.words('rate_limited', seconds);
  expect([0, 60].map(words)).toEqual(Array(2).fill('Too many tries. Try again in a minute.'));
  expect([61, 120].map(words)).toEqual(Array(2).fill('Too many tries. Try again in 2 minutes.'));
});
