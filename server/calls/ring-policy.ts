import { wantsQuiet } from '#protocol/quiet-hours';
import type { CallSettings } from '#protocol/settings';

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

function wantsNoCall(settings: CallSettings, contact: boolean, now: number): boolean {
  const { whoMayRing } = settings;
  if (whoMayRing === 'nobody' || (whoMayRing === 'contacts' && !contact)) return true;
  return wantsQuiet(settings, now);
}
