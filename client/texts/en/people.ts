import type { Presence } from '#protocol/people';

const PRESENCE: Record<Presence, string> = { online: 'online', in_call: 'in a call', offline: 'offline' };

/** The shell and the list of people and conversations. */
export const people = {
  list: 'People',
  search: 'Search people',
  clearSearch: 'Clear the search',
  everyone: 'Everyone',
  chats: 'Chats',
  views: 'Show',
  presence: (presence: Presence) => PRESENCE[presence],
  online: (count: number) => (count === 1 ? '1 person online' : `${count} people online`),
  unread: (count: number) => (count === 1 ? '1 unread message' : `${count} unread messages`),
  unreadChats: (count: number) =>
    count === 1 ? '1 chat with unread messages' : `${count} chats with unread messages`,
  call: (name: string) => `Call ${name}`,
  videoCall: (name: string) => `Video call ${name}`,
  you: 'You:',
  nobody: 'Nobody else is here yet. Share this page’s address, and whoever signs up appears in this list.',
  nobodyFound: (text: string) => `Nobody found for “${text}”.`,
  noChats: 'No chats yet. Choose someone under “Everyone” and write the first message.',
  loading: 'Loading people…',
  more: 'Load more',
  account: 'Account',
  settings: 'Account settings',
  signOut: 'Sign out',
  signOutFailed: 'You are still signed in: the server cannot be reached. Try again.',
  connecting: 'Connecting…',
  disconnected: 'No connection. Trying again…',
  connected: 'Connected again.',
  close: 'Close',
  titleUnread: (count: number, product: string) => `(${count}) ${product}`,
  titleCall: (name: string, product: string) => `${name} is calling – ${product}`,
  welcome: 'Choose someone to chat with or to call.',
  permission: {
    title: 'Camera and microphone',
    why: 'ChatAway needs them for calls only. Allow them now, and your first call starts without a question.',
    ask: 'Allow camera and microphone',
    asking: 'Answer your browser’s question…',
    later: 'Not now',
    tryAgain: 'Try again',
    refusedTitle: 'Camera or microphone is blocked',
    refused: {
      chrome: 'Click the icon left of the address, allow camera and microphone, then try again.',
      firefox:
        'Click the crossed-out camera or microphone left of the address, clear the block, then try again.',
      safari:
        'Open Settings for This Website in the address bar, allow camera and microphone, then try again.',
      other: 'Allow camera and microphone for this page in your browser’s settings, then try again.',
    },
    refusedStill: 'Without them you can still chat, and listen and watch in calls.',
    insecureTitle: 'No camera on this address',
    insecure:
      'Browsers allow camera and microphone only over HTTPS. Open this server by its https:// address; who runs it sets TLS_CERT and TLS_KEY. You can still chat, and listen and watch in calls.',
    noCameraTitle: 'No camera found',
    noCamera: 'Calls work with your microphone alone. Connect a camera and try again if you want to be seen.',
    noMicrophoneTitle: 'No microphone found',
    noMicrophone: 'Connect one and try again. Until then others cannot hear you.',
    inUseTitle: 'Camera or microphone is in use',
    inUse: 'Close the other program that uses it, then try again.',
  },
};
