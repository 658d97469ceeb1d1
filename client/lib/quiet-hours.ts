import type { QuietHours } from '#protocol/settings';
import { pageLocale } from './locale.ts';

export type OnQuietHours = (hours: QuietHours) => void;

/** Quiet hours as they are proposed to who switches them on: every night. */
export function proposedQuietHours(timeZone: string): QuietHours {
  return { days: [0, 1, 2, 3, 4, 5, 6], from: '22:00', to: '07:00', timeZone };
}

export function ownTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** With this day, or without it; in the order of the week. */
export function toggleDay(days: readonly number[], day: number): number[] {
  const others = days.filter((one) => one !== day);
  return (others.length < days.length ? others : [...days, day]).sort((a, b) => a - b);
}

/** The days of the week, 0 for Sunday, in the order of the person's calendar, with their names. */
export function weekdays(locale = pageLocale): { day: number; short: string; long: string }[] {
  const name = (style: 'short' | 'long') =>
    new Intl.DateTimeFormat(locale, { weekday: style, timeZone: 'UTC' });
  const [short, long] = [name('short'), name('long')];
  const first = firstDay(new Intl.Locale(locale ?? short.resolvedOptions().locale));
  return Array.from({ length: 7 }, (_, index) => {
    const day = (first + index) % 7;
    // The first of October 2023 was a Sunday.
    const date = Date.UTC(2023, 9, 1 + day);
    return { day, short: short.format(date), long: long.format(date) };
  });
}

/** Browsers disagree on whether it is a method, and some do not tell; then the week begins on Monday. */
function firstDay(locale: Intl.Locale): number {
  const { weekInfo, getWeekInfo } = locale as {
    weekInfo?: { firstDay: number };
    getWeekInfo?: () => { firstDay: number };
  };
  return (getWeekInfo?.call(locale) ?? weekInfo ?? { firstDay: 1 }).firstDay % 7;
}
