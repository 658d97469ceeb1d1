import type { IceServers, RouterCapabilities } from '#protocol/media';
import type { Answer, Method, RequestData } from '#protocol/methods';
import type { CallMedia } from '../calls/call-media.ts';
import type { CallService } from '../calls/call-service.ts';
import type { CallHistory } from '../calls/call-history.ts';
import type { SettingsService } from '../calls/settings-service.ts';
import type { ChatService } from '../chat/chat-service.ts';
import type { Media, Place } from '../calls/ports.ts';
import type { CallChecks, Checker } from '../diagnostics/call-checks.ts';
import type { PeopleService } from '../presence/people-service.ts';
import type { ReportService } from '../reports/report-service.ts';
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
  [M in Method]: (connection: Connection, data: RequestData<M>) => Answer<M> | Promise<Answer<M>>;
};

const DONE = {};

/** What each request does: one line to the service that knows, with data that its schema has passed. */
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
  limits,
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
    async sendMessage({ id, accountId }, data) {
      await limits.message(accountId, data.text);
      return chat.send(accountId, data, id);
    },
    async markRead({ id, accountId }, { conversationId, seq }) {
      await chat.markRead(accountId, conversationId, seq, id);
      return DONE;
    },

    async invite({ accountId, seat, approach: { address } }, data) {
      await limits.call(accountId, address);
      return { call: await calls.invite(accountId, seat, data) };
    },
    async alert({ accountId }, { callId }) {
      await calls.alert(accountId, callId);
      return DONE;
    },
    accept: async ({ accountId, seat }, { callId }) => ({
      call: await calls.accept(accountId, callId, seat),
    }),
    decline: async ({ accountId }, { callId }) => ({ call: await calls.decline(accountId, callId) }),
    endCall: async ({ accountId }, { callId }) => ({ call: await calls.hangUp(accountId, callId) }),

    getCall: async ({ accountId }, { callId }) => ({ call: await calls.get(accountId, callId) }),
    listCalls: ({ accountId }, data) => history.list(accountId, data),
    async markCallsSeen({ accountId }) {
      await history.markSeen(accountId);
      return DONE;
    },

    getSettings: ({ accountId }) => settings.get(accountId),
    setCallSettings: ({ id, accountId }, data) => settings.set(accountId, data, id),
    block: ({ id, accountId }, data) => settings.block(accountId, data.accountId, data.blocked, id),

    async report({ accountId }, data) {
      await limits.report(accountId);
      await reports.add(accountId, data);
      return DONE;
    },

    getRouterCapabilities: () => capabilities,
    async join(connection, { callId, rtpCapabilities, sending }) {
      const place = await placeOf(connection, callId);
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
    async getIceServers(connection, { callId }) {
      const { participantId } = await placeOf(connection, callId);
      return { iceServers: relayFor(connection, participantId) };
    },
    async connectTransport(connection, { callId, transportId, dtlsParameters }) {
      await media.connectTransport(await placeOf(connection, callId), transportId, dtlsParameters);
      return DONE;
    },
    async restartIce(connection, { callId, transportId }) {
      return { iceParameters: await media.restartIce(await placeOf(connection, callId), transportId) };
    },
    produce: async (connection, { callId, ...track }) =>
      media.produce(await placeOf(connection, callId), track),
    async pauseProducer(connection, { callId, producerId, paused }) {
      await media.pauseProducer(await placeOf(connection, callId), producerId, paused);
      return DONE;
    },
    async resumeConsumers(connection, { callId, consumerIds }) {
      await media.resumeConsumers(await placeOf(connection, callId), consumerIds);
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

  /** The participant that this tab is in the call. */
  function placeOf({ accountId, seat }: Connection, callId: string): Promise<Place> {
    return calls.seatedAt(accountId, callId, seat.tab);
  }

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
