import type {
  Conversation,
  ConversationsPage,
  ListConversations,
  ListMessages,
  MessageSent,
  MessagesPage,
  OpenedConversation,
  SendMessage,
} from '#protocol/chat';
import { CONVERSATIONS_PAGE, MESSAGES_PAGE } from '#protocol/limits';
import type { Person } from '#protocol/people';
import { previewOf } from '#protocol/rules';
import { AppError, youBlocked } from '../errors.ts';
import type { Publisher } from '../fact-bus.ts';
import type { ConversationRecord, Member, StoredMessage } from './conversation.ts';
import type { ConversationRepository, MessageRepository } from './ports.ts';

interface Collaborators {
  conversations: ConversationRepository;
  messages: MessageRepository;
  /** Who an account is, as others see it. */
  people: {
    get(accountId: string, viewerId: string): Person;
    named(accountId: string): Pick<Person, 'gone'>;
  };
  facts: Publisher;
}

/** A member who sees a message. */
interface Reader {
  accountId: string;
  conversation: Conversation;
}

/** Conversations and their messages: client id -> commit -> acknowledgement with a sequence number. */
export class ChatService {
  readonly #conversations: ConversationRepository;
  readonly #messages: MessageRepository;
  readonly #people: Collaborators['people'];
  readonly #facts: Publisher;

  constructor({ conversations, messages, people, facts }: Collaborators) {
    this.#conversations = conversations;
    this.#messages = messages;
    this.#people = people;
    this.#facts = facts;
  }

  /** @throws {AppError} `not_found` for a person who is not there, `forbidden` for oneself. */
  async open(accountId: string, otherId: string): Promise<OpenedConversation> {
    if (accountId === otherId) throw new AppError('forbidden', 'You cannot write to yourself.');
    this.#people.named(otherId);
    const record = await this.#conversations.openDirect(accountId, otherId, Date.now());
    const { lastSeq } = memberOf(record, accountId);
    const { messages } = await this.#page(record.id, accountId, { before: lastSeq + 1 });
    return { conversation: this.#present(record, accountId), messages };
  }

  /** The conversation's members. @throws {AppError} `not_found` unless the account is one of them. */
  async members(id: string, accountId: string): Promise<string[]> {
    const members = await this.#conversations.membersOf(id);
    if (!members.includes(accountId)) throw noSuchConversation();
    return members;
  }

  async list(accountId: string, { before }: ListConversations): Promise<ConversationsPage> {
    const records = await this.#conversations.list(accountId, before, CONVERSATIONS_PAGE + 1);
    return {
      conversations: records.slice(0, CONVERSATIONS_PAGE).map((record) => this.#present(record, accountId)),
      more: records.length > CONVERSATIONS_PAGE,
    };
  }

  countUnread(accountId: string): Promise<number> {
    return this.#conversations.countUnread(accountId);
  }

  /** A page of a conversation's messages that the account, one of its members, sees. */
  messages(accountId: string, request: ListMessages): Promise<MessagesPage> {
    return this.#page(request.conversationId, accountId, request);
  }

  /**
   * Commits a message. Sent again, it is acknowledged again and stored no second time. A message to someone who has
   * blocked the sender is acknowledged and kept like any, and only its sender ever sees it. `members` are those of the
   * conversation, of whom the sender is one.
   *
   * @throws {AppError} `person_gone` where nobody is left to read it,
   *   `you_blocked` where the sender has blocked the other.
   */
  async send(
    senderId: string,
    { conversationId, id, text }: SendMessage,
    members: readonly string[],
    connectionId: string,
  ): Promise<MessageSent> {
    const others = members.filter((member) => member !== senderId);
    const refusal = await this.#refusal(senderId, others);
    if (refusal) {
      // One that was written before, and is only sent again, stands.
      const before = await this.#messages.find({ conversationId, senderId, id });
      if (before) return { seq: before.message.seq, sentAt: before.message.sentAt };
      throw refusal;
    }
    const { message, senderOnly, added } = await this.#messages.append({
      id,
      conversationId,
      senderId,
      text,
      call: null,
      sentAt: Date.now(),
    });
    if (added) this.#facts.publish('messageStored', { message, senderOnly, connectionId });
    return { seq: message.seq, sentAt: message.sentAt };
  }

  /** Why the account may not write to these, if there is a reason. */
  async #refusal(senderId: string, others: readonly string[]): Promise<AppError | undefined> {
    if (others.every((member) => this.#people.named(member).gone)) {
      return new AppError('person_gone', 'This account is closed: nobody would read it.');
    }
    for (const other of others)
      if (await this.#conversations.hasBlocked(senderId, other)) return youBlocked();
    return undefined;
  }

  /** Moves the read mark of the account, a member of the conversation, to `seq` or the last message that it sees. */
  async markRead(
    accountId: string,
    conversationId: string,
    seq: number,
    connectionId: string,
  ): Promise<void> {
    const readSeq = await this.#conversations.markRead(conversationId, accountId, seq);
    if (readSeq === undefined) return;
    this.#facts.publish('readMarkMoved', { accountId, conversationId, seq: readSeq, connectionId });
  }

  /** The members who see a committed message, and its conversation as each of them sees it. */
  async readersOf({ message, senderOnly }: StoredMessage): Promise<Reader[]> {
    const record = await this.#find(message.conversationId, message.senderId);
    return record.members
      .filter(({ accountId }) => !senderOnly || accountId === message.senderId)
      .map(({ accountId }) => ({ accountId, conversation: this.#present(record, accountId) }));
  }

  async #find(id: string, accountId: string): Promise<ConversationRecord> {
    const record = await this.#conversations.findFor(id, accountId);
    if (record === undefined) throw noSuchConversation();
    return record;
  }

  async #page(
    conversationId: string,
    accountId: string,
    range: { before: number } | { after: number },
  ): Promise<MessagesPage> {
    const messages = await this.#messages.list(conversationId, accountId, range, MESSAGES_PAGE + 1);
    const more = messages.length > MESSAGES_PAGE;
    if (more) {
      if ('before' in range) messages.shift();
      else messages.pop();
    }
    return { messages, more };
  }

  #present(record: ConversationRecord, accountId: string): Conversation {
    const { id, members } = record;
    const { lastSeq, readSeq, missedCalls, lastMessage } = memberOf(record, accountId);
    return {
      id,
      people: members
        .filter((member) => member.accountId !== accountId)
        .map((member) => this.#people.get(member.accountId, accountId)),
      lastSeq,
      readSeq,
      missedCalls,
      lastMessage: lastMessage && previewOf(lastMessage),
    };
  }
}

/** @throws {AppError} `not_found` unless the account is a member. */
function memberOf({ members }: ConversationRecord, accountId: string): Member {
  const own = members.find((member) => member.accountId === accountId);
  if (own === undefined) throw noSuchConversation();
  return own;
}

const noSuchConversation = () => new AppError('not_found', 'There is no such conversation.');
