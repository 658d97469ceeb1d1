import type { CallKind } from '#protocol/call';
import type { Outcome } from '../../lib/call-outcome.ts';
import { isolated } from '../../lib/bidi.ts';

const KIND: Record<CallKind, string> = { voice: 'voice call', video: 'video call' };

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Calls that are over: in the conversation, and in the list of calls. */
export const calls = {
  list: 'Calls',
  which: 'Which calls',
  all: 'All',
  missedOnly: 'Missed',
  none: 'No calls yet. Choose someone under “Everyone” and call.',
  noneMissed: 'No missed calls.',
  loading: 'Loading calls…',
  failed: 'The calls could not be loaded.',
  tryAgain: 'Try again',
  more: 'Load more',
  /** "Missed video call", "Voice call". */
  title: (kind: CallKind, outcome: Outcome) =>
    outcome === 'missed' ? `Missed ${KIND[kind]}` : capital(KIND[kind]),
  /** The same with its direction. */
  directed: (kind: CallKind, outcome: Outcome, outgoing: boolean) =>
    outcome === 'missed' ? `Missed ${KIND[kind]}` : `${outgoing ? 'Outgoing' : 'Incoming'} ${KIND[kind]}`,
  /** What became of it; null where the title or the duration says it. */
  outcome(outcome: Outcome, outgoing: boolean): string | null {
    switch (outcome) {
      case 'talked':
      case 'missed':
        return null;
      case 'cancelled':
        return 'Cancelled';
      case 'declined':
        return outgoing ? 'Declined' : 'You declined';
      case 'busy':
        return 'In another call';
      case 'unavailable':
        return 'Unavailable';
      case 'no_answer':
        return 'No answer';
      case 'unreachable':
        return 'Not reachable';
      case 'failed':
        return 'No connection';
    }
  },
  callBack: 'Call back',
  callAgain: 'Call again',
  /** Where several stand on a screen. */
  at: (words: string, time: string) => `${words}, ${time}`,
  call: (name: string) => `Call ${isolated(name)}`,
  videoCall: (name: string) => `Video call ${isolated(name)}`,
};
