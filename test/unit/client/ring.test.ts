import { expect, test } from 'vitest';
import { LATE_AFTER, ringManner } from '../../../client/lib/ring.ts';

const BEGAN = 1_700_000_000_000;

test.each([
  ['at once', 0, 'loud'],
  ['just in time', LATE_AFTER, 'loud'],
  ['too late', LATE_AFTER + 1, 'late'],
  // The server's clock is only known to within a round trip.
  ['before it began', -200, 'loud'],
])('a ring that is learnt of %s', (_, after, manner) => {
  expect(ringManner(BEGAN, BEGAN + after)).toBe(manner);
});
