import { z } from 'zod';
import { callKind, endReason } from './call.ts';
import { id, pageEnd, seq, time, writtenText } from './common.ts';
import { MESSAGE_MAX } from './limits.ts';
import { person } from './people.ts';
import { isBlank } from './text.ts';

/** A message's text: 1 to 4,000 code points, not only of those that show nothing. */
export const messageText = writtenText(MESSAGE_MAX).refine((text) => !isBlank(text), 'shows nothing');

/** A call that ended, in its place in the conversation. */
export const callEntry = z.strictObject({
  id,
  kind: callKind,
  reason: endReason,
  startedAt: time,
  answeredAt: time.nullable(),
  endedAt: time,
});
export type CallEntry = z.infer<typeof callEntry>;

export const message = z.strictObject({
  /** Made by the sender's client; sending it again stays one message. */
  id,
  conversationId: id,
  seq: seq.positive(),
  senderId: id,
  /** Empty where it stands for a call; its sender is then the caller. */
  text: z.string(),
  call: callEntry.nullable(),
  sentAt: time,
});
export type Message = z.infer<typeof message>;

/** A conversation as one of its members sees it. It has two members today; nothing here depends on that. */
export const conversation = z.strictObject({
  id,
  /** The other members. */
  people: z.array(person),
  lastSeq: seq,
  /** Up to which message this member has read. */
  readSeq: seq,
  /** The last message, its text cut to an excerpt. */
  lastMessage: message.nullable(),
  /** How many of the unread messages are missed calls. */
  missedCalls: z.int().nonnegative(),
});
export type Conversation = z.infer<typeof conversation>;

/** The member's conversations that have messages, the latest first. */
export const listConversations = z.strictObject({
  /** Of the last conversation of the page before: the time of its last message, and its id. */
  before: pageEnd.optional(),
});
export type ListConversations = z.infer<typeof listConversations>;

export const conversationsPage = z.strictObject({
  conversations: z.array(conversation),
  more: z.boolean(),
});
export type ConversationsPage = z.infer<typeof conversationsPage>;

/** Opens the conversation with a person, making it at the first time, and watches that person's presence. */
export const openConversation = z.strictObject({ accountId: id });
export const openedConversation = z.strictObject({
  conversation,
  /** The latest page, oldest first. */
  messages: z.array(message),
});
export type OpenedConversation = z.infer<typeof openedConversation>;

/** One page of messages, oldest first: those before a sequence number, or those after it. */
export const listMessages = z.union([
  z.strictObject({ conversationId: id, before: seq.positive() }),
  z.strictObject({ conversationId: id, after: seq }),
]);
export type ListMessages = z.infer<typeof listMessages>;

export const messagesPage = z.strictObject({
  messages: z.array(message),
  /** Whether there are more in the direction asked for. */
  more: z.boolean(),
});
export type MessagesPage = z.infer<typeof messagesPage>;

export const sendMessage = z.strictObject({ conversationId: id, id, text: messageText });
export type SendMessage = z.infer<typeof sendMessage>;

/** The acknowledgement: the message is on disk. */
export const messageSent = z.strictObject({ seq: seq.positive(), sentAt: time });
export type MessageSent = z.infer<typeof messageSent>;

export const markRead = z.strictObject({ conversationId: id, seq });

/** A new message, with its conversation as the receiver sees it, so that a first message needs no question. */
export const messageNotice = z.strictObject({ message, conversation });
export type MessageNotice = z.infer<typeof messageNotice>;

/** Another tab of one's own has read up to `seq`. */
export const readNotice = z.strictObject({ conversationId: id, seq });
export type ReadNotice = z.infer<typeof readNotice>;
