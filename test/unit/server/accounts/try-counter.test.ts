import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TryCounter } from '../../../../server/accounts/try-counter.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('gives each key its tries, again in its next window', () => {
  const counter = new TryCounter({ points: 2, duration: 60 });
  expect([counter.take('a'), counter.take('a')]).toEqual([0, 0]);
  vi.advanceTimersByTime(20_000);
  expect(counter.take('a')).toBe(40_000);
  expect(counter.take('b')).toBe(0);
  vi.advanceTimersByTime(40_000);
  expect([counter.take('a'), counter.take('a')]).toEqual([0, 0]);
  expect(counter.take('a')).toBe(60_000);
});

test('a try that is given back is there again, but never more than there were', () => {
  const counter = new TryCounter({ points: 1, duration: 60 });
  counter.take('a');
  counter.giveBack('a');
  expect(counter.take('a')).toBe(0);
  vi.advanceTimersByTime(60_000);
  // Its window has ended meanwhile.
  counter.giveBack('a');
  counter.giveBack('a');
  expect(counter.take('a')).toBe(0);
  expect(counter.take('a')).toBeGreaterThan(0);
});

test('keeps no key whose tries were given back, and none whose window has ended', () => {
  const counter = new TryCounter({ points: 1, duration: 60 });
  for (let number = 0; number < 1_000; number++) {
    counter.take(`made up ${number}`);
    counter.giveBack(`made up ${number}`);
  }
  expect(counter.size).toBe(0);
  for (let number = 0; number < 1_000; number++) counter.take(`guessed ${number}`);
  expect(counter.size).toBe(1_000);
  vi.advanceTimersByTime(60_000);
  counter.take('another');
  expect(counter.size).toBe(1);
});
