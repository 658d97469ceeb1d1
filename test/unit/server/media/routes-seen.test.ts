import { expect, test } from 'vitest';
import { RoutesSeen } from '../../../../server/media/routes-seen.ts';

const [ANN, BEN, CLEO] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
const INSIDE = '192.168.1.7';
const DAY_MS = 24 * 60 * 60 * 1000;

test('what worked counts for others, on the same side, for a day', () => {
  const seen = new RoutesSeen();
  seen.add('udp', BEN, 0);
  expect(seen.forOthersThan(ANN, 1)).toEqual(['udp']);
  expect(seen.forOthersThan(BEN, 1)).toEqual([]);
  expect(seen.forOthersThan(INSIDE, 1)).toEqual([]);
  expect(seen.forOthersThan(ANN, DAY_MS)).toEqual([]);
});

test('where it worked from here as well, others prove nothing', () => {
  const seen = new RoutesSeen();
  seen.add('udp', ANN, 0);
  seen.add('udp', BEN, 0);
  expect(seen.forOthersThan(ANN, 1)).toEqual([]);
  expect(seen.forOthersThan(CLEO, 1)).toEqual(['udp']);
});

test('what no longer works whence it did is forgotten for all, until it works again', () => {
  const seen = new RoutesSeen();
  for (const address of [ANN, BEN]) seen.add('udp', address, 0);
  seen.add('tcp', ANN, 0);
  seen.miss('udp', CLEO);
  expect(seen.forOthersThan(CLEO, 1)).toEqual(['udp', 'tcp']);
  seen.miss('udp', ANN);
  expect(seen.forOthersThan(CLEO, 1)).toEqual(['tcp']);
  seen.add('udp', BEN, 0);
  expect(seen.forOthersThan(CLEO, 1)).toEqual(['udp', 'tcp']);
});

test('the latest addresses are remembered, and not more', () => {
  const seen = new RoutesSeen();
  for (let last = 0; last < 101; last++) seen.add('udp', `198.51.100.${last}`, 0);
  seen.miss('udp', '198.51.100.0');
  expect(seen.forOthersThan(ANN, 1)).toEqual(['udp']);
  seen.miss('udp', '198.51.100.1');
  expect(seen.forOthersThan(ANN, 1)).toEqual([]);
});
