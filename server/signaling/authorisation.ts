import type { Method, RequestData } from '#protocol/methods';
import type { CallService } from '../calls/call-service.ts';
import type { Connection } from './connection.ts';

/**
 * Who may send each request. A connection belongs to a signed-in account, always; what else is asked of it
 * stands here, and a method without a row does not compile.
 */
type Rule<M extends Method> =
  /** Everyone who is signed in; what they may see follows from their account. */
  | 'signedIn'
  /** Members of the conversation or call that is named; its service looks that up with the thing itself. */
  | 'member'
  /** The tab that started or answered the call. */
  | ((connection: Connection, data: RequestData<M>, calls: CallService) => void);

const seated: (connection: Connection, data: { callId: string }, calls: CallService) => void = (
  { accountId, seat },
  { callId },
  calls,
) => calls.assertSeat(accountId, callId, seat.tab);

export const AUTHORISATION: { [M in Method]: Rule<M> } = {
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
  listCalls: 'signedIn',
  markCallsSeen: 'signedIn',

  getSettings: 'signedIn',
  setCallSettings: 'signedIn',
  block: 'signedIn',
  report: 'member',

  getRouterCapabilities: 'signedIn',
  join: seated,
  connectTransport: seated,
  getIceServers: seated,
  restartIce: seated,
  produce: seated,
  pauseProducer: seated,
  resumeConsumers: seated,

  openCheck: 'signedIn',
  connectCheck: 'signedIn',
  produceCheck: 'signedIn',
  consumeCheck: 'signedIn',
  closeCheck: 'signedIn',
};

/** @throws {AppError} where the rule of the method refuses. */
export function authorise<M extends Method>(
  method: M,
  connection: Connection,
  data: RequestData<M>,
  calls: CallService,
): void {
  const rule: Rule<M> = AUTHORISATION[method];
  if (typeof rule === 'function') rule(connection, data, calls);
}
