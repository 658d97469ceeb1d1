import { expect, test } from 'vitest';
import { pastMidnight } from '#protocol/quiet-hours';
import { proposedQuietHours, toggleDay, weekdays } from '../../../client/lib/quiet-hours.ts';

test('a day is taken in and out, and the week keeps its order', () => {
  expect(toggleDay([1, 5], 3)).toEqual([1, 3, 5]);
  expect(toggleDay([1, 3, 5], 3)).toEqual([1, 5]);
});

test('hours that end when they begin run for a whole day, into the next', () => {
  expect(pastMidnight({ from: '22:00', to: '07:00' })).toBe(true);
  expect(pastMidnight({ from: '13:00', to: '14:00' })).toBe(false);
  expect(pastMidnight({ from: '08:00', to: '08:00' })).toBe(true);
  expect(proposedQuietHours('Europe/Vienna')).toMatchObject({ timeZone: 'Europe/Vienna' });
});

test('the week begins where the person expects it', () => {
  expect(weekdays('en-US')[0]).toEqual({ day: 0, short: 'Sun', long: 'Sunday' });
  expect(weekdays('de-AT')[0]).toEqual({ day: 1, short: 'Mo', long: 'Montag' });
  expect(weekdays('en-GB').map(({ day }) => day)).toEqual([1, 2, 3, 4, 5, 6, 0]);
});
