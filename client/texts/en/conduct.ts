import type { ErrorCode } from '#protocol/errors';
import { REPORT_MESSAGES_MAX } from '#protocol/limits';
import { isolated } from '../../lib/bidi.ts';
import { errors } from './errors.ts';

const FAULTS: Partial<Record<ErrorCode | 'no_connection', string>> = {
  not_found: 'One of these messages is not there any more. Close this, and choose again.',
  person_gone: 'This account was deleted.',
  rate_limited: 'You have sent many reports lately. Send this one later.',
};

/** What one can do about another person: block and report. */
export const conduct = {
  block: (name: string) => `Block ${isolated(name)}`,
  blockHint: (name: string) =>
    `No message or call from ${isolated(name)} will reach you, and you look offline to ${isolated(name)}, who is not told.`,
  unblockHint: (name: string) =>
    `Messages and calls from ${isolated(name)} will reach you again. What was sent meanwhile will not.`,
  report: (name: string) => `Report ${isolated(name)}`,
  reportHint: (name: string) => `The admins get the messages that you choose. ${isolated(name)} is not told.`,
  reportNote: (name: string) =>
    `The admins of this server will see your name, your note and, in full, the messages that you choose, and nothing else of this chat. ${isolated(name)} is not told.`,
  messages: (name: string) => `Messages from ${isolated(name)} to include`,
  noMessages: (name: string) => `There are no messages from ${isolated(name)} here.`,
  olderHint: 'For older messages, close this and scroll up in the chat first.',
  note: 'Note to the admins (optional)',
  alsoBlock: (name: string) => `Block ${isolated(name)} as well`,
  cancel: 'Cancel',
  send: 'Send report',
  sending: 'Sending…',
  sent: 'Your report was sent to the admins.',
  nothingChosen: 'Choose a message or write a note.',
  tooMany: `Choose at most ${REPORT_MESSAGES_MAX} messages.`,
  fault: (code: ErrorCode | 'no_connection') => FAULTS[code] ?? errors.words(code),
};
