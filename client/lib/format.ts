import { pageLocale } from './locale.ts';

const DAY = 86_400_000;

const clock = new Intl.DateTimeFormat(pageLocale, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(pageLocale, { weekday: 'long' });
const shortDate = new Intl.DateTimeFormat(pageLocale, { day: 'numeric', month: 'short' });
const longDate = new Intl.DateTimeFormat(pageLocale, { day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(pageLocale, { dateStyle: 'medium', timeStyle: 'short' });
const exact = new Intl.DateTimeFormat(pageLocale, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(pageLocale, { numeric: 'auto' });

export function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

/** Whole days between two times, by the calendar: yesterday is 1 even if it was an hour ago. */
function daysAgo(time: number, now: number): number {
  return Math.round((startOfDay(now) - startOfDay(time)) / DAY);
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase(pageLocale) + text.slice(1);
}

export function formatTime(time: number): string {
  return clock.format(time);
}

export function formatFull(time: number): string {
  return full.format(time);
}

/** With seconds: tells apart what happened within one minute. */
export function formatExact(time: number): string {
  return exact.format(time);
}

/** "Today", "Yesterday", "Monday", or the date. */
export function formatDay(time: number, now = Date.now()): string {
  const days = daysAgo(time, now);
  if (days <= 1 && days >= 0) return capital(relative.format(-days, 'day'));
  return days > 1 && days < 7 ? weekday.format(time) : longDate.format(time);
}

/** For a list: the time today, then the day, then the date. */
export function formatRecent(time: number, now = Date.now()): string {
  const days = daysAgo(time, now);
  if (days <= 0) return clock.format(time);
  if (days === 1) return capital(relative.format(-1, 'day'));
  return days < 7 ? weekday.format(time) : shortDate.format(time);
}

/** 65,000 ms as "1:05", an hour more as "1:01:05". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
