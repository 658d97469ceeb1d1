import { isolated } from '../../lib/bidi.ts';
import { plural } from './plural.ts';

/** A conversation. */
export const chat = {
  back: 'Back to the list',
  voiceCall: 'Voice call',
  videoCall: 'Video call',
  menu: 'More',
  unblock: (name: string) => `Unblock ${isolated(name)}`,
  blocked: (name: string) => `You have blocked ${isolated(name)}. Unblock to write or call.`,
  gone: (gone: 'disabled' | 'deleted', name: string) =>
    gone === 'deleted'
      ? 'This account was deleted. What you wrote to each other stays.'
      : `The account of ${isolated(name)} is disabled. You can read on here, but not write or call.`,
  messages: 'Messages',
  message: 'Message',
  placeholder: (name: string) => `Write to ${isolated(name)}`,
  send: 'Send',
  empty: (name: string) => `This is the beginning of your chat with ${isolated(name)}. Say hello!`,
  loading: 'Loading the chat…',
  loadingOlder: 'Loading older messages…',
  olderFailed: 'Older messages could not be loaded.',
  loadOlder: 'Load older messages',
  newMessages: 'New messages',
  showMore: 'Show more',
  showLess: 'Show less',
  toEnd: 'Go to the latest message',
  sending: 'Sending…',
  sent: 'Sent',
  failed: 'Not sent.',
  retry: 'Retry',
  discard: 'Delete',
  from: (name: string) => `${isolated(name)}:`,
  fromYou: 'You:',
  left: (count: number) => plural(count, { one: '# character left', other: '# characters left' }),
  tooLong: (count: number) =>
    `${plural(count, { one: '# character', other: '# characters' })} too many. Shorten the message or send it in two.`,
  notFound: 'There is no such person.',
  openFailed: 'The chat could not be opened.',
  tryAgain: 'Try again',
};
