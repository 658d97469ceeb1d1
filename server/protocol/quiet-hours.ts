import type { CallSettings, QuietHours } from './settings.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Whether quiet hours end on the day after they began; from a time to itself is a whole day. */
export function pastMidnight({ from, to }: Pick<QuietHours, 'from' | 'to'>): boolean {
  return from >= to;
}

/** Whether a moment lies in the quiet hours, by the clock of their time zone. */
export function isWithin(hours: QuietHours, now: number): boolean {
  const { days, from, to, timeZone } = hours;
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
  if (!pastMidnight(hours)) return days.includes(today) && clock >= from && clock < to;
  // The evening belongs to today, the morning to yesterday.
  const yesterday = (today + 6) % 7;
  return (days.includes(today) && clock >= from) || (days.includes(yesterday) && clock < to);
}

/** Whether an account wants to be left alone now: its devices neither ring nor make messages known. */
export function wantsQuiet(
  { doNotDisturb, quietHours }: Pick<CallSettings, 'doNotDisturb' | 'quietHours'>,
  now: number,
): boolean {
  return doNotDisturb || (quietHours !== null && isWithin(quietHours, now));
}
