import type { CallSettings, QuietHours } from '#protocol/settings';

/** Whether a callee's devices ring for a call. */
export type RingDecision =
  | 'ring'
  /** On the device of the call that they are in. */
  | 'wait'
  | 'busy'
  /** Silent; the callee sees later that it was there. */
  | 'unavailable'
  /** The callee has blocked the caller: silent for good, and to the caller as if nobody were there. */
  | 'hidden'
  /** The same where a call to an absent callee would be `unavailable`: it is over at once. */
  | 'hidden_unavailable';

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
  const refuses = wantsNoCall(settings, contact, now);
  // The settings of someone who is away still count, so they count for a blocked caller too.
  if (blocked) return refuses ? 'hidden_unavailable' : 'hidden';
  if (refuses) return 'unavailable';
  if (engaged) return settings.callWaiting ? 'wait' : 'busy';
  return 'ring';
}

function wantsNoCall(
  { whoMayRing, doNotDisturb, quietHours }: CallSettings,
  contact: boolean,
  now: number,
): boolean {
  if (whoMayRing === 'nobody' || (whoMayRing === 'contacts' && !contact)) return true;
  return doNotDisturb || (quietHours !== null && isWithin(quietHours, now));
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
