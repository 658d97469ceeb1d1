import { expect, test } from 'vitest';
import { isolated } from '../../../client/lib/bidi.ts';
import { localeOf } from '../../../client/lib/locale.ts';

test.each([
  ['en', ['de-AT', 'ar'], 'en'],
  ['en', ['de', 'en-GB', 'en-US'], 'en-GB'],
  ['en', [], 'en'],
  ['de', ['en', 'de-AT'], 'de-AT'],
  ['de', ['den'], 'de'],
])('dates of a page in %s, for someone who prefers %j, are in %s', (page, preferred, locale) =>
  expect(localeOf(page, preferred)).toBe(locale),
);

test('a name with right-to-left letters does not move the words around it', () => {
  expect(isolated('ann')).toBe('ann');
  expect(isolated('שרה')).toBe('\u2068שרה\u2069');
  expect(isolated('مريم.ali')).toBe('\u2068مريم.ali\u2069');
});
