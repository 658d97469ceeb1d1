import { messageText } from '#protocol/chat';
import { EXCERPT_MAX } from '#protocol/limits';
import { excerptOf, isBlank } from '#protocol/text';
import { describe, expect, test } from 'vitest';
import { sendable } from '../../../../client/lib/text.ts';
import { messageSamples } from '../../../support/unicode-samples.ts';

const accepts = (text: string) => messageText.safeParse(text).success;

describe('a message', () => {
  test.each([
    ' \n\t',
    '\u00a0',
    '\u200b',
    '\u200c',
    '\u200d',
    '\u200e',
    '\u200f',
    '\u2060',
    '\u00ad',
    '\u2800',
    '\u3164',
    '\u115f\u1160\uffa0',
    '\ufe0f',
    '\ufeff',
    '\u202e',
    '\u2066\u2069',
    '\u034f',
    '\u0301',
    ' \u0301\u0302 ',
    '\u20dd',
    '\u{e0067}\u{e0062}\u{e007f}',
    '\u{1d159}',
  ])('of %j shows nothing and is refused on both sides', (text) => {
    expect(accepts(text)).toBe(false);
    expect(sendable(text)).toBe('');
  });

  test.each([
    'a',
    '.',
    '0',
    'e\u0301',
    '🇦🇹',
    '👩‍👩‍👧‍👦',
    '1️⃣',
    '✊🏿',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    'سلام',
    'नमस्ते',
    '\u200bx',
  ])('of %j is accepted as it is', (text) => {
    expect(accepts(text)).toBe(true);
    expect(sendable(text)).toBe(text);
  });

  test('made from Unicode’s data is accepted where there is anything to see in it: 1,000 of them', () => {
    const samples = messageSamples(1_000, 10);
    expect(samples.filter(({ text, visible }) => accepts(text) !== visible)).toEqual([]);
    expect(samples.filter(({ text, visible }) => (sendable(text) !== '') !== visible)).toEqual([]);
    expect(samples.filter(({ text, visible }) => isBlank(text) === visible)).toEqual([]);
  });
});

describe('an excerpt', () => {
  const FAMILY = '👩‍👩‍👧‍👦';
  test.each([
    ['short', 'short'],
    ['  two\n\n\nlines ', 'two lines'],
    [`${'\n'.repeat(3_990)}late`, 'late'],
    [`a${'\n'.repeat(3_990)}b`, 'a b'],
    ['x'.repeat(EXCERPT_MAX), 'x'.repeat(EXCERPT_MAX)],
    ['x'.repeat(EXCERPT_MAX + 1), `${'x'.repeat(EXCERPT_MAX)}…`],
    // Seven code points each: 17 fit whole, and one more does not.
    [FAMILY.repeat(50), `${FAMILY.repeat(17)}…`],
    [`${'x'.repeat(EXCERPT_MAX - 1)}e\u0301 more`, `${'x'.repeat(EXCERPT_MAX - 1)}…`],
    [`${'x'.repeat(EXCERPT_MAX - 1)}✊🏿`, `${'x'.repeat(EXCERPT_MAX - 1)}…`],
    [`a${'\u0301'.repeat(300)}`, `a${'\u0301'.repeat(EXCERPT_MAX - 1)}…`],
  ])('of %.20j', (text, excerpt) => expect(excerptOf(text, EXCERPT_MAX)).toBe(excerpt));
});
