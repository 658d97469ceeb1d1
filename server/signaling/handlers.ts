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
import type { Grant } from './authorisation.ts';
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

export type Handlers = {
  readonly [M in Method]: (
    connection: Connection,
    data: RequestData<M>,
    grant: Grant<M>,
  ) => Answer<M> | Promise<Answer<M>>;
};

const DONE = {};

/** What each request does: a line to the service that knows, with data that its schema and its rule have passed. */
export function createHandlers({
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
}: Services): Handlers {
  return {
    ping: () => ({ now: Date.now() }),

    listPeople: ({ id }, data) => people.list(id, data),

    async listConversations({ id, accountId }, data) {
      const page = await chat.list(accountId, data);
      watch(id, page.conversations);
      return page;
    },
    async openConversation({ id, accountId }, data) {
      const opened = await chat.open(accountId, data.accountId);
      watch(id, [opened.conversation]);
      return opened;
    },
    listMessages: ({ accountId }, data) => chat.messages(accountId, data),
    sendMessage: ({ id, accountId }, data, members) => chat.send(accountId, data, members, id),
    async markRead({ id, accountId }, { conversationId, seq }) {
      await chat.markRead(accountId, conversationId, seq, id);
      return DONE;
    },

    invite: async ({ accountId, seat }, data) => ({ call: await calls.invite(accountId, seat, data) }),
    async alert({ accountId }, { callId }) {
      await calls.alert(accountId, callId);
      return DONE;
    },
    accept: async ({ accountId, seat }, { callId }) => ({
      call: await calls.accept(accountId, callId, seat),
    }),
    decline: async ({ accountId }, { callId }) => ({ call: await calls.decline(accountId, callId) }),
    endCall: async ({ accountId }, { callId }) => ({ call: await calls.hangUp(accountId, callId) }),

    getCall: (_connection, _data, call) => ({ call }),
    listCalls: ({ accountId }, data) => history.list(accountId, data),
    async markCallsSeen({ accountId }) {
      await history.markSeen(accountId);
      return DONE;
    },

    getSettings: ({ accountId }) => settings.get(accountId),
    setCallSettings: ({ id, accountId }, data) => settings.set(accountId, data, id),
    block: ({ id, accountId }, data) => settings.block(accountId, data.accountId, data.blocked, id),

    async report({ accountId }, data, members) {
      await reports.add(accountId, data, members);
      return DONE;
    },

    getRouterCapabilities: () => capabilities,
    async join(connection, { rtpCapabilities, sending }, place) {
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
    },
    getIceServers: (connection, _data, { participantId }) => ({
      iceServers: relayFor(connection, participantId),
    }),
    async connectTransport(_connection, { transportId, dtlsParameters }, place) {
      await media.connectTransport(place, transportId, dtlsParameters);
      return DONE;
    },
    async restartIce(_connection, { transportId }, place) {
      return { iceParameters: await media.restartIce(place, transportId) };
    },
    produce: (_connection, { source, rtpParameters, paused }, place) =>
      media.produce(place, { source, rtpParameters, paused }),
    async pauseProducer(_connection, { producerId, paused }, place) {
      await media.pauseProducer(place, producerId, paused);
      return DONE;
    },
    async resumeConsumers(_connection, { consumerIds }, place) {
      await media.resumeConsumers(place, consumerIds);
      return DONE;
    },

    openCheck: (connection, data) => checks.open(checker(connection), data),
    async connectCheck({ id }, data) {
      await checks.connect(id, data);
      return DONE;
    },
    produceCheck: ({ id }, data) => checks.produce(id, data),
    consumeCheck: ({ id }, data) => checks.consume(id, data),
    closeCheck({ id }, data) {
      checks.close(id, data);
      return DONE;
    },
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
