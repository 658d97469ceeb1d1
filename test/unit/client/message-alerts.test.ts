import { expect, test } from 'vitest';
import type { QuietHours } from '#protocol/settings';
import { mayDisturb } from '../../../client/state/message-alerts.ts';

const NOON = Date.parse('2026-11-23T12:00:00Z');
const AT_NIGHT: QuietHours = { days: [0, 1, 2, 3, 4, 5, 6], from: '22:00', to: '07:00', timeZone: 'UTC' };
const AT_NOON: QuietHours = { ...AT_NIGHT, from: '11:00', to: '13:00' };
const calls = { doNotDisturb: false, quietHours: null };

test.each([
  ['by day', calls, true],
  ['outside the quiet hours', { ...calls, quietHours: AT_NIGHT }, true],
  ['in the quiet hours', { ...calls, quietHours: AT_NOON }, false],
  ['with "do not disturb"', { ...calls, doNotDisturb: true }, false],
  ['before the settings are known', null, false],
])('a message %s', (_, settings, disturbs) => {
  expect(mayDisturb(settings, NOON)).toBe(disturbs);
});
