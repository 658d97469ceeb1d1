import type { Method, RequestData } from '#protocol/methods';
import type { Call } from '#protocol/call';
import type { Place } from '../calls/ports.ts';
import { notSignedIn } from '../sessions/session.ts';
import type { Connection } from './connection.ts';

/** What the rules look at. */
interface Collaborators {
  conversations: {
    /** The conversation's members. @throws {AppError} `not_found` unless the account is one of them. */
    members(id: string, accountId: string): Promise<string[]>;
  };
  calls: {
    /** @throws {AppError} `not_found` unless the account has a part in the call that is not hidden from it. */
    get(accountId: string, callId: string): Promise<Call>;
    /** @throws {AppError} `not_found`, `call_moved_on` or `forbidden` unless the tab is the account's seat in the call. */
    seatedAt(accountId: string, callId: string, tab: string): Promise<Place>;
  };
  checks: {
    /** @throws {AppError} `not_found` unless the connection has begun a check that goes on. */
    assertOpen(connectionId: string): void;
  };
  /** @throws {AppError} `rate_limited`. */
  limits: {
    message(accountId: string, text: string): Promise<void>;
    report(accountId: string): Promise<void>;
    call(accountId: string, address: string | undefined): Promise<void>;
  };
}

/** Decides whether a request is answered; what it has found out on the way goes to the handler. */
type Rule<M extends Method, G> = (connection: Connection, data: RequestData<M>) => G | Promise<G>;

/**
 * Who may send each request: the dispatcher runs the row of its method before the handler. A method without a row does not
 * compile. A limit counts what is refused after it, too, which costs the server as much.
 */
export function createAuthorisation({ conversations, calls, checks, limits }: Collaborators) {
  /** Everyone who is signed in: a connection is open for as long as its session. What they see follows from their account. */
  const signedIn = (connection: Connection): void => {
    if (connection.closed) throw notSignedIn();
  };
  /** Members of the conversation that is named; tells them all. */
  const memberOf = (connection: Connection, { conversationId }: { conversationId: string }) => {
    signedIn(connection);
    return conversations.members(conversationId, connection.accountId);
  };
  /** Those who have a part in the call that is named; tells how it stands. */
  const inCall = (connection: Connection, { callId }: { callId: string }) => {
    signedIn(connection);
    return calls.get(connection.accountId, callId);
  };
  /** The tab that started or answered the call; tells which participant it is. */
  const seated = (connection: Connection, { callId }: { callId: string }) => {
    signedIn(connection);
    return calls.seatedAt(connection.accountId, callId, connection.seat.tab);
  };
  /** The connection that has begun a check, which goes on. */
  const ownCheck = (connection: Connection): void => {
    signedIn(connection);
    checks.assertOpen(connection.id);
  };

  return {
    ping: signedIn,

    listPeople: signedIn,

    listConversations: signedIn,
    openConversation: signedIn,
    listMessages: memberOf,
    async sendMessage(connection, data) {
      await limits.message(connection.accountId, data.text);
      return memberOf(connection, data);
    },
    markRead: memberOf,

    async invite(connection, data) {
      await limits.call(connection.accountId, connection.approach.address);
      return memberOf(connection, data);
    },
    alert: inCall,
    accept: inCall,
    decline: inCall,
    endCall: inCall,
    getCall: inCall,
    listCalls: signedIn,
    markCallsSeen: signedIn,

    getSettings: signedIn,
    setCallSettings: signedIn,
    block: signedIn,
    async report(connection, data) {
      await limits.report(connection.accountId);
      return memberOf(connection, data);
    },

    getRouterCapabilities: signedIn,
    join: seated,
    connectTransport: seated,
    getIceServers: seated,
    restartIce: seated,
    produce: seated,
    pauseProducer: seated,
    resumeConsumers: seated,

    openCheck: signedIn,
    connectCheck: ownCheck,
    produceCheck: ownCheck,
    consumeCheck: ownCheck,
    // It closes the connection's own check or nothing, since one may be over already.
    closeCheck: signedIn,
  } satisfies { [M in Method]: Rule<M, unknown> };
}

type Table = ReturnType<typeof createAuthorisation>;

/** What the rule of a method hands to its handler. */
export type Grant<M extends Method> = Awaited<ReturnType<Table[M]>>;

export type Authorisation = { readonly [M in Method]: Rule<M, Grant<M>> };
