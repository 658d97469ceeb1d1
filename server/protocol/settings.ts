import { z } from 'zod';
import { id } from './common.ts';
import { person } from './people.ts';

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** Hours of rest that come back every week; `from` after `to` runs past midnight into the next day. */
export const quietHours = z.strictObject({
  /** The days on which they begin: 0 is Sunday. */
  days: z.array(z.int().min(0).max(6)).max(7),
  from: timeOfDay,
  to: timeOfDay,
  /** The IANA time zone that the times are meant in. */
  timeZone: z
    .string()
    .max(64)
    .refine((name) => {
      try {
        return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
      } catch {
        return false;
      }
    }, 'is no time zone'),
});
export type QuietHours = z.infer<typeof quietHours>;

/** For whom, and when, one's devices ring. */
export const callSettings = z.strictObject({
  /** Contacts are people to whom one has written. */
  whoMayRing: z.enum(['everyone', 'contacts', 'nobody']),
  /** Whether a second call rings on the device of the first; else the caller is told "busy" at once. */
  callWaiting: z.boolean(),
  doNotDisturb: z.boolean(),
  quietHours: quietHours.nullable(),
});
export type CallSettings = z.infer<typeof callSettings>;

export const DEFAULT_CALL_SETTINGS: CallSettings = {
  whoMayRing: 'everyone',
  callWaiting: true,
  doNotDisturb: false,
  quietHours: null,
};

/** One's settings and whom one has blocked. */
export const settings = z.strictObject({ calls: callSettings, blocked: z.array(person) });
export type Settings = z.infer<typeof settings>;

/** Blocks a person, or no longer. They are not told. */
export const block = z.strictObject({ accountId: id, blocked: z.boolean() });
