import { expect, test } from 'vitest';
import { RoutesSeen } from '../../../../server/diagnostics/routes-seen.ts';

const [ANN, BEN, CLEO] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
const INSIDE = '192.168.1.7';
const [UDP, TCP] = [
  { route: 'udp', port: 44_444 },
  { route: 'tcp', port: 44_444 },
] as const;
const DAY_MS = 24 * 60 * 60 * 1000;

test('what worked counts for others, on the same side, for a day', () => {
  const seen = new RoutesSeen();
  seen.add(UDP, BEN, 0);
  expect(seen.forOthersThan(ANN, [UDP, TCP], 1)).toEqual([UDP]);
  expect(seen.forOthersThan(BEN, [UDP, TCP], 1)).toEqual([]);
  expect(seen.forOthersThan(INSIDE, [UDP, TCP], 1)).toEqual([]);
  expect(seen.forOthersThan(ANN, [UDP, TCP], DAY_MS)).toEqual([]);
});

test('where it worked from here as well, others prove nothing', () => {
  const seen = new RoutesSeen();
  seen.add(UDP, ANN, 0);
  seen.add(UDP, BEN, 0);
  expect(seen.forOthersThan(ANN, [UDP, TCP], 1)).toEqual([]);
  expect(seen.forOthersThan(CLEO, [UDP, TCP], 1)).toEqual([UDP]);
});

test('what no longer works whence it did is forgotten for all, until it works again', () => {
  const seen = new RoutesSeen();
  for (const address of [ANN, BEN]) seen.add(UDP, address, 0);
  seen.add(TCP, ANN, 0);
  seen.miss(UDP, CLEO);
  expect(seen.forOthersThan(CLEO, [UDP, TCP], 1)).toEqual([UDP, TCP]);
  seen.miss(UDP, ANN);
  expect(seen.forOthersThan(CLEO, [UDP, TCP], 1)).toEqual([TCP]);
  seen.add(UDP, BEN, 0);
  expect(seen.forOthersThan(CLEO, [UDP, TCP], 1)).toEqual([UDP, TCP]);
});

test('the latest addresses are remembered, and not more', () => {
  const seen = new RoutesSeen();
  for (let last = 0; last < 101; last++) seen.add(UDP, `198.51.100.${last}`, 0);
  seen.miss(UDP, '198.51.100.0');
  expect(seen.forOthersThan(ANN, [UDP, TCP], 1)).toEqual([UDP]);
  seen.miss(UDP, '198.51.100.1');
  expect(seen.forOthersThan(ANN, [UDP, TCP], 1)).toEqual([]);
});

test('a port of one worker tells nothing of another’s, and the relay has none', () => {
  const seen = new RoutesSeen();
  const next = { route: 'udp', port: 44_445 } as const;
  const relay = { route: 'turn_udp' } as const;
  for (const way of [UDP, relay]) seen.add(way, BEN, 0);
  expect(seen.forOthersThan(ANN, [next, relay], 1)).toEqual([relay]);
  seen.miss(next, BEN);
  expect(seen.forOthersThan(ANN, [UDP], 1)).toEqual([UDP]);
});
