import type { ErrorCode } from '#protocol/errors';
import { plural } from './plural.ts';

const WORDS: Partial<Record<ErrorCode | 'no_connection', string>> = {
  no_connection: 'The server cannot be reached. Check your connection and try again.',
  wrong_credentials: 'The username or password is not right.',
  account_disabled: 'This account is switched off. Ask the people who run this server.',
  not_signed_in: 'Your session has ended. Please sign in again.',
  forbidden: 'You may not do this.',
  wrong_origin: 'Open this page under the address the server is set up for.',
  restarting: 'The server is restarting. Try again in a moment.',
  registration_closed: 'Nobody can sign up on this server right now. Ask the people who run it.',
  invitation_needed: 'You need an invitation. Ask the people who run this server for a link.',
  invitation_unknown: 'This is no invitation of this server. Check the link, or ask for a new one.',
  invitation_used: 'This invitation has been used already. Ask for a new one.',
  invitation_expired: 'This invitation has expired. Ask for a new one.',
  invitation_revoked: 'This invitation was withdrawn. Ask for a new one.',
  you_blocked: 'You have blocked this person. Unblock them first.',
  too_slow: 'The server did not receive all of this in time. Check your connection and try again.',
  overloaded: 'The server has too much to do right now. Try again in a moment.',
};

function minutes(seconds: number): string {
  const count = Math.max(1, Math.ceil(seconds / 60));
  return plural(count, { one: 'a minute', other: '# minutes' });
}

/** Errors that may come up anywhere. */
export const errors = {
  words(code: ErrorCode | 'no_connection', retryAfter: number | null = null): string {
    if (code === 'rate_limited') {
      return retryAfter === null
        ? 'Too many tries. Wait a little and try again.'
        : `Too many tries. Try again in ${minutes(retryAfter)}.`;
    }
    return WORDS[code] ?? 'Something went wrong on the server. Try again.';
  },
};
