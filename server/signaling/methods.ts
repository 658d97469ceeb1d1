import type { IceServers, RouterCapabilities } from '#protocol/media';
import type { Answer, Method, RequestData } from '#protocol/methods';
import type { CallMedia } from '../calls/call-media.ts';
import type { CallService } from '../calls/call-service.ts';
import type { CallHistory } from '../calls/call-history.ts';
import type { SettingsService } from '../calls/settings-service.ts';
import type { ChatService } from '../chat/chat-service.ts';
import type { Media } from '../calls/ports.ts';
import type { CallChecks, Checker } from '../diagnostics/call-checks.ts';
import type { PeopleService } from '../presence/people-service.ts';
import type { ReportService } from '../reports/report-service.ts';
import { notSignedIn } from '../sessions/session.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import type { UsageLimits } from './usage-limits.ts';

/** Who asks for the relays, and for which participant of a call, or call check. */
interface RelayRequest {
  host: string;
  address: string | undefined;
  accountId: string;
  scope: string;
  /** Of the credentials, in seconds, where it is not the usual one. */
  lifetime?: number;
}

export interface Services {
  people: PeopleService;
  chat: ChatService;
  calls: CallService;
  callMedia: CallMedia;
  history: CallHistory;
  settings: SettingsService;
  reports: ReportService;
  media: Media;
  /** What every router can carry: the same for all, so that clients may ask before there is a call. */
  capabilities: RouterCapabilities;
  connections: Connections;
  /** The relays for a client; null where there are none. */
  iceServers: (request: RelayRequest) => IceServers | null;
  checks: CallChecks;
  limits: UsageLimits;
}

/** Decides whether a request is answered; what it finds out on the way goes to the handler. */
type Rule<M extends Method, G> = (connection: Connection, data: RequestData<M>) => G | Promise<G>;

/** A method's rule, which the dispatcher awaits before the handler, and its handler. */
export interface Row<M extends Method> {
  readonly rule: Rule<M, unknown>;
  /** `grant` is what the rule has found. */
  handle(connection: Connection, data: RequestData<M>, grant: unknown): Answer<M> | Promise<Answer<M>>;
}

/** A method without a row does not compile. */
export type Methods = { readonly [M in Method]: Row<M> };

const DONE = {};

/**
 * What each request does, and who may send it: a line to the service that knows, with data that its schema and its rule have
 * passed.
 */
export function createMethods({
  people,
  chat,
  calls,
  history,
  settings,
  reports,
  media,
  capabilities,
  iceServers,
  checks,
  limits,
}: Services): Methods {
  /** Everyone who is signed in: a connection is open for as long as its session. What they see follows from their account. */
  const signedIn = (connection: Connection): void => {
    if (connection.closed) throw notSignedIn();
  };
  /** Members of the conversation that is named; tells them all. */
  const memberOf = (connection: Connection, { conversationId }: { conversationId: string }) => {
    signedIn(connection);
    return chat.members(conversationId, connection.accountId);
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
  // A limit counts what is refused after it, too, which costs the server as much.
  const writes = async (connection: Connection, data: RequestData<'sendMessage'>) => {
    await limits.message(connection.accountId, data.text);
    return memberOf(connection, data);
  };
  const rings = async (connection: Connection, data: RequestData<'invite'>) => {
    await limits.call(connection.accountId, connection.approach.address);
    return memberOf(connection, data);
  };
  const reportsMember = async (connection: Connection, data: RequestData<'report'>) => {
    await limits.report(connection.accountId);
    return memberOf(connection, data);
  };

  return {
    ping: on(signedIn, () => ({ now: Date.now() })),

    listPeople: on(signedIn, ({ id }, data) => people.list(id, data)),

    listConversations: on(signedIn, async ({ id, accountId }, data) => {
      const page = await chat.list(accountId, data);
      watch(id, page.conversations);
      return page;
    }),
    openConversation: on(signedIn, async ({ id, accountId }, data) => {
      const opened = await chat.open(accountId, data.accountId);
      watch(id, [opened.conversation]);
      return opened;
    }),
    listMessages: on(memberOf, ({ accountId }, data) => chat.messages(accountId, data)),
    sendMessage: on(writes, ({ id, accountId }, data, members) => chat.send(accountId, data, members, id)),
    markRead: on(memberOf, async ({ id, accountId }, { conversationId, seq }) => {
      await chat.markRead(accountId, conversationId, seq, id);
      return DONE;
    }),

    invite: on(rings, async ({ accountId, seat }, data, members) => ({
      call: await calls.invite(accountId, seat, { ...data, members }),
    })),
    alert: on(inCall, async ({ accountId }, { callId }) => {
      await calls.alert(accountId, callId);
      return DONE;
    }),
    accept: on(inCall, async ({ accountId, seat }, { callId }) => ({
      call: await calls.accept(accountId, callId, seat),
    })),
    decline: on(inCall, async ({ accountId }, { callId }) => ({
      call: await calls.decline(accountId, callId),
    })),
    endCall: on(inCall, async ({ accountId }, { callId }) => ({
      call: await calls.hangUp(accountId, callId),
    })),

    getCall: on(inCall, (_connection, _data, call) => ({ call })),
    listCalls: on(signedIn, ({ accountId }, data) => history.list(accountId, data)),
    markCallsSeen: on(signedIn, async ({ accountId }) => {
      await history.markSeen(accountId);
      return DONE;
    }),

    getSettings: on(signedIn, ({ accountId }) => settings.get(accountId)),
    setCallSettings: on(signedIn, ({ id, accountId }, data) => settings.set(accountId, data, id)),
    block: on(signedIn, ({ id, accountId }, data) =>
      settings.block(accountId, data.accountId, data.blocked, id),
    ),

    report: on(reportsMember, async ({ accountId }, data, members) => {
      await reports.add(accountId, data, members);
      return DONE;
    }),

    getRouterCapabilities: on(signedIn, () => capabilities),
    join: on(seated, async (connection, { rtpCapabilities, sending }, place) => {
      const joined = await media.join(place, { rtpCapabilities, sending, warm: false });
      const { participantId } = place;
      const { sendTransport, recvTransport, consumers } = joined;
      if (recvTransport === null) throw new Error('a call has a transport to receive');
      return {
        participantId,
        iceServers: relayFor(connection, participantId),
        sendTransport,
        recvTransport,
        consumers,
      };
    }),
    getIceServers: on(seated, (connection, _data, { participantId }) => ({
      iceServers: relayFor(connection, participantId),
    })),
    connectTransport: on(seated, async (_connection, { transportId, dtlsParameters }, place) => {
      await media.connectTransport(place, transportId, dtlsParameters);
      return DONE;
    }),
    restartIce: on(seated, async (_connection, { transportId }, place) => {
      return { iceParameters: await media.restartIce(place, transportId) };
    }),
    produce: on(seated, (_connection, { source, rtpParameters, paused }, place) =>
      media.produce(place, { source, rtpParameters, paused }),
    ),
    pauseProducer: on(seated, async (_connection, { producerId, paused }, place) => {
      await media.pauseProducer(place, producerId, paused);
      return DONE;
    }),
    resumeConsumers: on(seated, async (_connection, { consumerIds }, place) => {
      await media.resumeConsumers(place, consumerIds);
      return DONE;
    }),

    openCheck: on(signedIn, (connection, data) => checks.open(checker(connection), data)),
    connectCheck: on(ownCheck, async ({ id }, data) => {
      await checks.connect(id, data);
      return DONE;
    }),
    produceCheck: on(ownCheck, ({ id }, data) => checks.produce(id, data)),
    consumeCheck: on(ownCheck, ({ id }, data) => checks.consume(id, data)),
    // It closes the connection's own check or nothing, since one may be over already.
    closeCheck: on(signedIn, ({ id }, data) => {
      checks.close(id, data);
      return DONE;
    }),
  };

  function relayFor({ accountId, approach }: Connection, participantId: string): IceServers | null {
    return iceServers({ ...approach, accountId, scope: participantId });
  }

  function checker({ id, accountId, approach }: Connection): Checker {
    return {
      connectionId: id,
      accountId,
      address: approach.address,
      iceServers: (scope, lifetime) => iceServers({ ...approach, accountId, scope, lifetime }),
    };
  }

  /** Whoever's conversation is shown, their presence is too. */
  function watch(connectionId: string, conversations: { people: { id: string }[] }[]): void {
    people.watch(
      connectionId,
      conversations.flatMap((conversation) => conversation.people.map(({ id }) => id)),
    );
  }
}

const on = <M extends Method, G>(
  rule: Rule<M, G>,
  handle: (connection: Connection, data: RequestData<M>, grant: G) => Answer<M> | Promise<Answer<M>>,
): Row<M> => ({ rule, handle });
