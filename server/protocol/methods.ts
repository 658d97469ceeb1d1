import { z } from 'zod';
import { emailChanged, self, selfChanged } from './account.ts';
import * as call from './call.ts';
import * as chat from './chat.ts';
import { id, nothing, time } from './common.ts';
import * as check from './check.ts';
import * as media from './media.ts';
import * as people from './people.ts';
import * as report from './report.ts';
import * as settings from './settings.ts';

/** Every request a client may send over the WebSocket, with the schema of its data and of its answer. */
export const requests = {
  ping: { data: nothing, answer: z.strictObject({ now: time }) },

  listPeople: { data: people.listPeople, answer: people.peoplePage },

  listConversations: { data: chat.listConversations, answer: chat.conversationsPage },
  openConversation: { data: chat.openConversation, answer: chat.openedConversation },
  listMessages: { data: chat.listMessages, answer: chat.messagesPage },
  sendMessage: { data: chat.sendMessage, answer: chat.messageSent },
  markRead: { data: chat.markRead, answer: nothing },

  invite: { data: call.invite, answer: call.callAnswer },
  alert: { data: call.namesCall, answer: nothing },
  accept: { data: call.namesCall, answer: call.callAnswer },
  decline: { data: call.namesCall, answer: call.callAnswer },
  endCall: { data: call.namesCall, answer: call.callAnswer },
  /** How a call stands, or how it ended. */
  getCall: { data: call.namesCall, answer: call.callAnswer },
  listCalls: { data: call.listCalls, answer: call.callsPage },
  markCallsSeen: { data: nothing, answer: nothing },

  getSettings: { data: nothing, answer: settings.settings },
  setCallSettings: { data: settings.callSettings, answer: settings.settings },
  block: { data: settings.block, answer: settings.settings },
  report: { data: report.report, answer: nothing },

  getRouterCapabilities: { data: nothing, answer: media.routerCapabilities },
  join: { data: media.join, answer: media.joined },
  connectTransport: { data: media.connectTransport, answer: nothing },
  getIceServers: { data: media.getIceServers, answer: media.freshIceServers },
  restartIce: { data: media.restartIce, answer: media.iceRestarted },
  produce: { data: media.produce, answer: media.produced },
  pauseProducer: { data: media.pauseProducer, answer: nothing },
  resumeConsumers: { data: media.resumeConsumers, answer: nothing },

  openCheck: { data: check.openCheck, answer: check.checkOpened },
  connectCheck: { data: check.connectCheck, answer: nothing },
  produceCheck: { data: check.produceCheck, answer: media.produced },
  consumeCheck: { data: check.consumeCheck, answer: check.checkConsumed },
  closeCheck: { data: check.closeCheck, answer: nothing },
} as const;

/** The first notice on every connection; everything after it is a change to it. */
export const snapshot = z.strictObject({
  /** The server's clock, for durations. */
  now: time,
  /** Another one than before: the server was upgraded, and parts of the page that are not loaded yet may be gone. */
  build: z.string(),
  /** Another one than before: the database was restored, and what the client keeps of it may never have been. */
  epoch: id,
  /** How long a tab without a connection goes on with its call, in milliseconds. */
  goesOnFor: z.int().positive(),
  self,
  people: people.peoplePage,
  conversations: chat.conversationsPage,
  /** How many conversations have unread messages. */
  unread: z.int().nonnegative(),
  /** The calls of this account that have not ended. */
  calls: z.array(call.call),
  missedCalls: z.int().nonnegative(),
});
export type Snapshot = z.infer<typeof snapshot>;

/** Every notice the server sends over the WebSocket. */
export const notices = {
  snapshot,
  selfChanged,
  emailChanged,
  personChanged: people.personChanged,
  message: chat.messageNotice,
  read: chat.readNotice,
  call: call.callAnswer,
  missedCalls: call.missedCalls,
  settings: settings.settings,
  consumerAdded: media.consumerAdded,
  consumerRemoved: media.consumerRemoved,
  consumerPaused: media.consumerPaused,
  mediaLost: media.mediaLost,
  /** The connection is about to close with 1012, and a call in progress goes on after it. */
  restarting: nothing,
} as const;

export type Method = keyof typeof requests;
export type RequestData<M extends Method> = z.infer<(typeof requests)[M]['data']>;
export type Answer<M extends Method> = z.infer<(typeof requests)[M]['answer']>;

export type Notice = keyof typeof notices;
export type NoticeData<N extends Notice> = z.infer<(typeof notices)[N]>;
