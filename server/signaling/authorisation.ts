import type { Method } from '#protocol/methods';

/**
 * Who may send each request. A connection belongs to a signed-in account, always; what else is asked of it
 * stands here, and a method without a row does not compile.
 */
type Rule =
  /** Everyone who is signed in; what they may see follows from their account. */
  | 'signedIn'
  /** Members of the conversation or call that is named; its service looks that up with the thing itself. */
  | 'member'
  /** The tab that started or answered the call, as which its participant is found. */
  | 'seated';

export const AUTHORISATION: Record<Method, Rule> = {
  ping: 'signedIn',

  listPeople: 'signedIn',

  listConversations: 'signedIn',
  openConversation: 'signedIn',
  listMessages: 'member',
  sendMessage: 'member',
  markRead: 'member',

  invite: 'member',
  alert: 'member',
  accept: 'member',
  decline: 'member',
  endCall: 'member',
  getCall: 'member',
  listCalls: 'signedIn',
  markCallsSeen: 'signedIn',

  getSettings: 'signedIn',
  setCallSettings: 'signedIn',
  block: 'signedIn',
  report: 'member',

  getRouterCapabilities: 'signedIn',
  join: 'seated',
  connectTransport: 'seated',
  getIceServers: 'seated',
  restartIce: 'seated',
  produce: 'seated',
  pauseProducer: 'seated',
  resumeConsumers: 'seated',

  openCheck: 'signedIn',
  connectCheck: 'signedIn',
  produceCheck: 'signedIn',
  consumeCheck: 'signedIn',
  closeCheck: 'signedIn',
};
