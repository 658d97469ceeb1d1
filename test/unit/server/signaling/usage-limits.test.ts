import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UsageLimits } from '../../../../server/signaling/usage-limits.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('an account may send ten reports an hour and twenty a day, whatever others send', async () => {
  const limits = new UsageLimits({ factor: 1 });
  const accepted = async () => {
    for (let count = 0; count < 100; count++) {
      const refused = await limits.report('ann').then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused === undefined) continue;
      expect(refused).toMatchObject({ code: 'rate_limited' });
      return count;
    }
    throw new Error('nothing was refused');
  };
  expect(await accepted()).toBe(10);
  await limits.report('ben');
  vi.advanceTimersByTime(HOUR_MS);
  expect(await accepted()).toBe(10);
  vi.advanceTimersByTime(HOUR_MS);
  expect(await accepted()).toBe(0);
  vi.advanceTimersByTime(24 * HOUR_MS);
  expect(await accepted()).toBe(10);
});
