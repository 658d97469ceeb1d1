import type { Presence } from '#protocol/people';
import { isolated } from '../../lib/bidi.ts';
import { plural } from './plural.ts';

const PRESENCE: Record<Presence, string> = { online: 'online', in_call: 'in a call', offline: 'offline' };

/** The shell and the list of people and conversations. */
export const people = {
  list: 'People',
  search: 'Search people',
  clearSearch: 'Clear the search',
  everyone: 'Everyone',
  chats: 'Chats',
  calls: 'Calls',
  views: 'Show',
  presence: (presence: Presence) => PRESENCE[presence],
  online: (count: number) => plural(count, { one: '# person online', other: '# people online' }),
  unread: (count: number) => plural(count, { one: '# unread message', other: '# unread messages' }),
  unreadChats: (count: number) =>
    plural(count, { one: '# chat with unread messages', other: '# chats with unread messages' }),
  missed: (count: number) => plural(count, { one: '# missed call', other: '# missed calls' }),
  call: (name: string) => `Call ${isolated(name)}`,
  videoCall: (name: string) => `Video call ${isolated(name)}`,
  you: 'You:',
  nobody: 'Nobody else is here yet. Share this page’s address, and whoever signs up appears in this list.',
  nobodyFound: (text: string) => `Nobody found for “${isolated(text)}”.`,
  noChats: 'No chats yet. Choose someone under “Everyone” and write the first message.',
  loading: 'Loading people…',
  more: 'Load more',
  account: 'Account',
  settings: 'Account settings',
  admin: 'Administration',
  gone: (gone: 'disabled' | 'deleted') => (gone === 'deleted' ? 'deleted account' : 'account disabled'),
  signOut: 'Sign out',
  doNotDisturb: 'Do not disturb',
  doNotDisturbOn: 'Do not disturb is on: your devices stay silent.',
  signOutFailed: 'You are still signed in: the server cannot be reached. Try again.',
  connecting: 'Connecting…',
  disconnected: 'No connection. Trying again…',
  restarting: 'The server is restarting. It is back in a moment, and calls go on.',
  connected: 'Connected again.',
  close: 'Close',
  screenFailed: 'This could not be loaded. Check your connection.',
  screenLoading: 'Loading…',
  tryAgain: 'Try again',
  titleUnread: (count: number, product: string) => `(${count}) ${product}`,
  titleCall: (name: string, product: string) => `${isolated(name)} is calling – ${product}`,
  welcome: 'Choose someone to chat with or to call.',
};
