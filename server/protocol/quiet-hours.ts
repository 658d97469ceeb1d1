import type { QuietHours } from './settings.ts';

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
