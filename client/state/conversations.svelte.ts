import type { Conversation as Row, ConversationsPage, Message } from '#protocol/chat';
import type { PageEnd } from '#protocol/common';
import { previewOf } from '#protocol/rules';
import { idsOf, latestFirst } from '../lib/collections.ts';
import { ConnectionLost, RequestError, type Signaling } from '../lib/signaling.ts';
import { Conversation, isUnread } from './conversation.svelte.ts';
import type { People } from './people.svelte.ts';
import { reportMistake } from '../lib/mistakes.ts';

const placeOf = ({ id, lastMessage }: Row): PageEnd => ({ time: lastMessage?.sentAt ?? 0, id });
const byLatest = (a: Row, b: Row): number => latestFirst(placeOf(a), placeOf(b));

export interface ConversationsOptions {
  signaling: Signaling;
  selfId: string;
  people: People;
}

/** The list of conversations, the latest first, and the one that is open. */
export class Conversations {
  readonly #options: ConversationsOptions;
  #list = $state.raw<readonly Row[]>([]);
  #more = $state(false);
  #unread = $state(0);
  #open = $state.raw<Conversation | null>(null);
  /** The account whose conversation is wanted; it may still be on its way. */
  #wanted = $state<string | null>(null);
  #problem = $state<'not_found' | 'failed' | null>(null);
  #loading = false;

  /** How many conversations are being opened. */
  #loads = 0;
  /** What arrives meanwhile: the server may have answered before it. */
  readonly #early: Message[] = [];

  constructor(options: ConversationsOptions) {
    this.#options = options;
    options.signaling.on({
      message: ({ message, conversation }) => this.#received(message, conversation),
      read: ({ conversationId, seq }) => this.#read(conversationId, seq),
    });
  }

  get list(): readonly Row[] {
    return this.#list;
  }

  get more(): boolean {
    return this.#more;
  }

  /** How many conversations have unread messages. */
  get unread(): number {
    return this.#unread;
  }

  get open(): Conversation | null {
    return this.#open;
  }

  get wanted(): string | null {
    return this.#wanted;
  }

  get problem(): 'not_found' | 'failed' | null {
    return this.#problem;
  }

  /** How many messages of this person wait to be read, as far as the list goes. */
  unreadOf(accountId: string): number {
    const row = this.#list.find(({ people }) => people[0]?.id === accountId);
    return row ? Math.max(0, row.lastSeq - row.readSeq) : 0;
  }

  /** How many calls of this person were missed and not looked at, as far as the list goes. */
  missedOf(accountId: string): number {
    return this.#list.find(({ people }) => people[0]?.id === accountId)?.missedCalls ?? 0;
  }

  /** From a snapshot. */
  fill(page: ConversationsPage, unread: number): void {
    this.#learn(page);
    this.#list = [...page.conversations].sort(byLatest);
    this.#more = page.more;
    this.#unread = unread;
    if (this.#wanted) void this.#load(this.#wanted);
  }

  /** Another epoch begins: the conversation that is wanted is loaded afresh, from the snapshot that follows. */
  forget(): void {
    this.#early.length = 0;
    this.#list = [];
    this.#open = null;
    this.#problem = null;
  }

  async loadMore(): Promise<void> {
    const last = this.#list.at(-1);
    if (!this.#more || this.#loading || !last) return;
    const before = placeOf(last);
    this.#loading = true;
    try {
      const page = await this.#options.signaling.request('listConversations', { before });
      this.#learn(page);
      const known = idsOf(this.#list);
      this.#list = [...this.#list, ...page.conversations.filter(({ id }) => !known.has(id))].sort(byLatest);
      this.#more = page.more;
    } catch (error) {
      reportMistake(error);
      // Scrolling on, or the next connection, asks again.
    } finally {
      this.#loading = false;
    }
  }

  /** Opens the conversation with a person, or none. */
  show(accountId: string | null): void {
    if (accountId === this.#wanted) return;
    this.#wanted = accountId;
    this.#problem = null;
    if (this.#open?.person.id !== accountId) this.#open = null;
    if (accountId) void this.#load(accountId);
  }

  retry(): void {
    this.#problem = null;
    if (this.#wanted) void this.#load(this.#wanted);
  }

  /** The conversation with a person, for a call out of the list. */
  async idOf(accountId: string): Promise<string> {
    if (this.#open?.person.id === accountId) return this.#open.id;
    const known = this.#list.find(({ people }) => people[0]?.id === accountId);
    if (known) return known.id;
    const opened = await this.#options.signaling.request('openConversation', { accountId });
    return opened.conversation.id;
  }

  /** A message of ours that was acknowledged here. */
  sent(message: Message): void {
    this.#add(message);
    const row = this.#list.find(({ id }) => id === message.conversationId);
    const people = row?.people ?? (this.#open?.id === message.conversationId ? [this.#open.person] : null);
    if (!people || (row && row.lastSeq >= message.seq)) return;
    const lastMessage = previewOf(message);
    const read = { lastSeq: message.seq, readSeq: Math.max(row?.readSeq ?? 0, message.seq) };
    if (row && isUnread(row)) this.#unread = Math.max(0, this.#unread - 1);
    this.#upsert({ id: message.conversationId, people, lastMessage, missedCalls: 0, ...read });
  }

  /** A message and its conversation, as a notice brings them. */
  #received(message: Message, conversation: Row): void {
    this.#options.people.learn(conversation.people);
    const before = this.#list.find(({ id }) => id === conversation.id);
    const wasUnread = before
      ? isUnread(before)
      : isUnread({ ...conversation, lastSeq: conversation.lastSeq - 1 });
    this.#unread += Number(isUnread(conversation)) - Number(wasUnread);
    this.#upsert(conversation);
    this.#add(message);
  }

  /** Read up to `seq`, here or in another tab. */
  #read(conversationId: string, seq: number): void {
    const row = this.#list.find(({ id }) => id === conversationId);
    if (!row || seq <= row.readSeq) return;
    const missedCalls = seq >= row.lastSeq ? 0 : row.missedCalls;
    const after = { ...row, readSeq: seq, missedCalls };
    if (isUnread(row) && !isUnread(after)) this.#unread = Math.max(0, this.#unread - 1);
    this.#list = this.#list.map((one) => (one.id === conversationId ? after : one));
  }

  #add(message: Message): void {
    if (this.#open?.id === message.conversationId) this.#open.add(message);
    else if (this.#loads > 0) this.#early.push(message);
  }

  #learn(page: ConversationsPage): void {
    this.#options.people.learn(page.conversations.flatMap(({ people }) => people));
  }

  #upsert(row: Row): void {
    this.#list = [row, ...this.#list.filter(({ id }) => id !== row.id)].sort(byLatest);
  }

  /** Also on every new connection: it catches up, and has the server watch the person's presence. */
  async #load(accountId: string): Promise<void> {
    const { signaling, selfId, people } = this.#options;
    this.#loads += 1;
    try {
      const opened = await signaling.request('openConversation', { accountId });
      people.learn(opened.conversation.people);
      if (this.#wanted !== accountId) return;
      this.#problem = null;
      if (this.#open?.id === opened.conversation.id) this.#open.refresh(opened);
      else this.#open = new Conversation({ signaling, selfId, opened, onRead: this.#markRead });
      for (const message of this.#early.splice(0)) this.#add(message);
    } catch (error) {
      reportMistake(error);
      if (error instanceof ConnectionLost || this.#wanted !== accountId) return;
      const unknown =
        error instanceof RequestError && (error.code === 'not_found' || error.code === 'invalid');
      this.#problem = unknown ? 'not_found' : 'failed';
    } finally {
      this.#loads -= 1;
      if (this.#loads === 0) this.#early.length = 0;
    }
  }

  readonly #markRead = (conversationId: string, seq: number): void => {
    this.#read(conversationId, seq);
    // Lost with the connection, it is repeated when the conversation is looked at again.
    this.#options.signaling.request('markRead', { conversationId, seq }).catch(reportMistake);
  };
}
