import type { EndReason, Leg } from './call.ts';
import type { Message } from './chat.ts';
import { EXCERPT_MAX } from './limits.ts';
import type { Presence } from './people.ts';
import { excerptOf } from './text.ts';

/*
 * Rules that the server and the client both apply, where each must come to the same result. This file carries no schema,
 * so that the client's bundle stays small.
 */

/**
 * The form in which usernames and email addresses are compared, sorted and searched: compatibility forms folded
 * (Unicode NFKC) and case ignored, so that "Ben", "BEN" and full-width "Ｂｅｎ" are one. The key of a key is the key
 * itself: lower case can undo the normal form, hence the second one.
 */
export function comparisonKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().normalize('NFKC');
}

/** Orders comparison keys by UTF-16 code units, which every client computes alike; locales do not. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A place in the list of people. */
export interface Place {
  online: boolean;
  /** The comparison key of the name. */
  key: string;
}

export function placeOf(key: string, presence: Presence): Place {
  return { online: presence !== 'offline', key };
}

/** Orders the list of people: those online (or in a call) first, each group by name. */
export function comparePlaces(a: Place, b: Place): number {
  if (a.online !== b.online) return a.online ? -1 : 1;
  return compareKeys(a.key, b.key);
}

/** The last message of a conversation, as lists show it: its text cut to an excerpt. */
export function previewOf(message: Message): Message {
  return { ...message, text: excerptOf(message.text, EXCERPT_MAX) };
}

/** Whether an account is in the conversation of a call, or on its way back to it. */
export function isAnswered({ state }: Pick<Leg, 'state'>): boolean {
  return state === 'connecting' || state === 'active' || state === 'reconnecting';
}

/** Why a callee missed a call. */
export const MISSED: readonly EndReason[] = [
  'cancelled',
  'caller_lost',
  'no_answer',
  'unreachable',
  'busy',
  'unavailable',
];

/** The ways from a client to the media server, the fastest first. */
export const ROUTES = ['udp', 'tcp', 'turn_udp', 'turn_tcp', 'turn_tls'] as const;

/** Whether a way leads to the media server without a relay. */
export function isDirect(route: (typeof ROUTES)[number]): boolean {
  return route === 'udp' || route === 'tcp';
}
