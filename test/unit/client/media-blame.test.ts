import { expect, test } from 'vitest';
import { blameFor } from '../../../client/lib/media-blame.ts';
import { call } from '../../../client/texts/call.ts';

test.each([
  [true, false, 'other', 'ben’s sound and picture did not'],
  [false, true, 'own', 'Your sound and picture could not get through'],
  [false, false, 'both', 'on neither side'],
] as const)('media that got through here: %s, there: %s', (own, other, blame, words) => {
  expect(blameFor(own, other)).toBe(blame);
  expect(call.reason({ reason: 'media_failed', name: 'ben', outgoing: true, blame })).toContain(words);
});
