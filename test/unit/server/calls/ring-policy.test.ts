import type { CallSettings, QuietHours } from '#protocol/settings';
import { DEFAULT_CALL_SETTINGS } from '#protocol/settings';
import { describe, expect, test } from 'vitest';
import { isWithin } from '#protocol/quiet-hours';
import { decideRing, type RingContext } from '../../../../server/calls/ring-policy.ts';

const NOON = Date.parse('2026-11-23T12:00:00Z');

const decide = (context: Partial<Omit<RingContext, 'settings'>> = {}, settings: Partial<CallSettings> = {}) =>
  decideRing(
    {
      blocked: false,
      contact: false,
      engaged: false,
      ...context,
      settings: { ...DEFAULT_CALL_SETTINGS, ...settings },
    },
    NOON,
  );

const ALL_DAY: QuietHours = { days: [0, 1, 2, 3, 4, 5, 6], from: '00:00', to: '00:00', timeZone: 'UTC' };

describe('whether it rings', () => {
  test.each([
    ['by default', decide(), 'ring'],
    ['for a blocked caller', decide({ blocked: true, contact: true }), 'hidden'],
    ['while in another call', decide({ engaged: true }), 'wait'],
    ['in another call, no call waiting', decide({ engaged: true }, { callWaiting: false }), 'busy'],
    ['do not disturb', decide({ contact: true }, { doNotDisturb: true }), 'unavailable'],
    ['do not disturb, in a call', decide({ engaged: true }, { doNotDisturb: true }), 'unavailable'],
    ['in quiet hours', decide({}, { quietHours: ALL_DAY }), 'unavailable'],
    ['nobody may ring', decide({ contact: true }, { whoMayRing: 'nobody' }), 'unavailable'],
    ['contacts may ring, a stranger', decide({}, { whoMayRing: 'contacts' }), 'unavailable'],
    ['contacts may ring, a contact', decide({ contact: true }, { whoMayRing: 'contacts' }), 'ring'],
    ['blocked, in another call', decide({ blocked: true, engaged: true }), 'hidden'],
    ['blocked, a contact', decide({ blocked: true, contact: true }, { whoMayRing: 'contacts' }), 'hidden'],
    ['blocked, a stranger', decide({ blocked: true }, { whoMayRing: 'contacts' }), 'hidden_unavailable'],
    ['blocked, nobody may ring', decide({ blocked: true }, { whoMayRing: 'nobody' }), 'hidden_unavailable'],
    ['blocked, do not disturb', decide({ blocked: true }, { doNotDisturb: true }), 'hidden_unavailable'],
    ['blocked, in quiet hours', decide({ blocked: true }, { quietHours: ALL_DAY }), 'hidden_unavailable'],
  ])('%s', (_name, decision, expected) => {
    expect(decision).toBe(expected);
  });
});

describe('quiet hours', () => {
  /** Monday to Friday, in Berlin: one hour ahead of UTC in winter, two in summer. */
  const evenings: QuietHours = {
    days: [1, 2, 3, 4, 5],
    from: '22:00',
    to: '06:30',
    timeZone: 'Europe/Berlin',
  };
  const lunch: QuietHours = { days: [1], from: '12:00', to: '13:00', timeZone: 'UTC' };

  test.each([
    ['Monday, before', lunch, '2026-11-23T11:59:59Z', false],
    ['Monday, the first minute', lunch, '2026-11-23T12:00:00Z', true],
    ['Monday, after the last', lunch, '2026-11-23T13:00:00Z', false],
    ['Tuesday', lunch, '2026-11-24T12:30:00Z', false],
    ['Monday evening', evenings, '2026-11-23T21:00:00Z', true],
    ['Monday evening, too early', evenings, '2026-11-23T20:59:00Z', false],
    ['Tuesday morning, of Monday', evenings, '2026-11-24T05:29:00Z', true],
    ['Tuesday morning, over', evenings, '2026-11-24T05:30:00Z', false],
    ['Saturday morning, of Friday', evenings, '2026-11-28T05:00:00Z', true],
    ['Saturday evening', evenings, '2026-11-28T22:00:00Z', false],
    ['Monday morning, of Sunday', evenings, '2026-11-23T04:00:00Z', false],
    ['by summer time', evenings, '2026-07-20T20:00:00Z', true],
    ['from a time to itself: all day', ALL_DAY, '2026-11-23T09:00:00Z', true],
  ] as const)('%s', (_name, hours, moment, within) => {
    expect(isWithin(hours, Date.parse(moment))).toBe(within);
  });
});
