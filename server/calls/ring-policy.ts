import type { CallSettings, QuietHours } from '#protocol/settings';

/** Whether a callee's devices ring for a call. */
export type RingDecision =
  | 'ring'
  /** On the device of the call that they are in. */
  | 'wait'
  | 'busy'
  /** Silent; the callee sees later that it was there. */
  | 'unavailable'
  /** Silent for good: the callee has blocked the caller. The caller cannot tell it from `unavailable`. */
  | 'hidden';

/** What is known of a callee when someone calls. */
export interface RingContext {
  settings: CallSettings;
  blocked: boolean;
  /** The callee has written to the caller. */
  contact: boolean;
  /** The callee is in another call. */
  engaged: boolean;
}

/** Decides whether it rings. */
export function decideRing({ settings, blocked, contact, engaged }: RingContext, now: number): RingDecision {
  if (blocked) return 'hidden';
  if (settings.whoMayRing === 'nobody') return 'unavailable';
  if (settings.whoMayRing === 'contacts' && !contact) return 'unavailable';
  if (settings.doNotDisturb) return 'unavailable';
  if (settings.quietHours && isWithin(settings.quietHours, now)) return 'unavailable';
  if (engaged) return settings.callWaiting ? 'wait' : 'busy';
  return 'ring';
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Whether a moment lies in the quiet hours, by the clock of their time zone. */
export function isWithin({ days, from, to, timeZone }: QuietHours, now: number): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  const today = DAYS.indexOf(part('weekday'));
  const clock = `${part('hour')}:${part('minute')}`;
  if (from < to) return days.includes(today) && clock >= from && clock < to;
  // Past midnight: the evening belongs to today, the morning to yesterday. From a time to itself is the whole day.
  const yesterday = (today + 6) % 7;
  return (days.includes(today) && clock >= from) || (days.includes(yesterday) && clock < to);
}
