import type { Conversation as Row, Message, OpenedConversation } from '#protocol/chat';
import type { Person } from '#protocol/people';
import { idsOf } from '../lib/collections.ts';
import { forget, load, save } from '../lib/storage.ts';
import type { Signaling } from '../lib/signaling.ts';
import { reportMistake } from '../lib/mistakes.ts';

export interface ConversationOptions {
  signaling: Signaling;
  selfId: string;
  opened: OpenedConversation;
  /** This tab has read up to `seq`. */
  onRead(conversationId: string, seq: number): void;
}

/** One open conversation: its messages as far as they were scrolled to, and the draft. */
export class Conversation {
  readonly id: string;
  readonly person: Person;
  readonly #options: ConversationOptions;
  readonly #draftKey: string;
  #messages = $state.raw<readonly Message[]>([]);
  #older = $state(false);
  #loadingOlder = $state(false);
  #olderFailed = $state(false);
  #draft = $state('');
  #readSeq: number;
  /** After which message some may be missing, where asking for them failed. */
  #gap: number | null = null;
  /** What was unread when it was opened; the line "New messages" stands above it. */
  readonly unreadFrom: number | null;

  constructor(options: ConversationOptions) {
    const { conversation, messages } = options.opened;
    this.#options = options;
    this.id = conversation.id;
    const [person] = conversation.people;
    if (!person) throw new Error('A conversation has another member.');
    this.person = person;
    this.#readSeq = conversation.readSeq;
    const unread = messages.find(({ seq, senderId }) => seq > this.#readSeq && senderId !== options.selfId);
    this.unreadFrom = unread?.seq ?? null;
    this.#messages = messages;
    this.#older = (messages[0]?.seq ?? 1) > 1;
    this.#draftKey = `draft:${options.selfId}:${this.id}`;
    this.#draft = (load(this.#draftKey) as string | null) ?? '';
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Whether there are older messages than those loaded. */
  get older(): boolean {
    return this.#older;
  }

  get loadingOlder(): boolean {
    return this.#loadingOlder;
  }

  get olderFailed(): boolean {
    return this.#olderFailed;
  }

  get draft(): string {
    return this.#draft;
  }

  set draft(text: string) {
    this.#draft = text;
    if (text) save(this.#draftKey, text);
    else forget(this.#draftKey);
  }

  get lastSeq(): number {
    return this.#messages.at(-1)?.seq ?? 0;
  }

  /** A message from a notice or an acknowledgement. A hole before it is filled. */
  add(message: Message): void {
    const hole = message.seq > this.lastSeq + 1;
    const before = this.lastSeq;
    this.#merge([message]);
    if (hole) void this.#fill(before);
  }

  /** The conversation as a new connection tells it: nothing that came in between is missed. */
  refresh({ conversation, messages }: OpenedConversation): void {
    const before = this.lastSeq;
    // What was told over a connection that was lost may not have arrived.
    if (this.#readSeq > conversation.readSeq) this.#options.onRead(this.id, this.#readSeq);
    else this.#readSeq = conversation.readSeq;
    this.#merge(messages);
    if (this.#gap !== null || (messages[0]?.seq ?? 0) > before + 1) void this.#fill(before);
  }

  async loadOlder(): Promise<void> {
    const first = this.#messages[0];
    if (!first || !this.#older || this.#loadingOlder) return;
    this.#loadingOlder = true;
    this.#olderFailed = false;
    try {
      const { signaling } = this.#options;
      const page = await signaling.request('listMessages', { conversationId: this.id, before: first.seq });
      this.#merge(page.messages);
      this.#older = page.more;
    } catch (error) {
      reportMistake(error);
      this.#olderFailed = true;
    } finally {
      this.#loadingOlder = false;
    }
  }

  /** The person has the end of the conversation before their eyes. */
  markRead(): void {
    const seq = this.lastSeq;
    if (seq <= this.#readSeq) return;
    this.#readSeq = seq;
    this.#options.onRead(this.id, seq);
  }

  #merge(messages: readonly Message[]): void {
    const known = idsOf(this.#messages);
    const fresh = messages.filter(({ id }) => !known.has(id));
    if (fresh.length) this.#messages = [...this.#messages, ...fresh].sort((a, b) => a.seq - b.seq);
  }

  async #fill(after: number): Promise<void> {
    const { signaling } = this.#options;
    const first = (this.#gap = Math.min(this.#gap ?? after, after));
    try {
      for (let from = first, more = true; more;) {
        const page = await signaling.request('listMessages', { conversationId: this.id, after: from });
        this.#merge(page.messages);
        from = page.messages.at(-1)?.seq ?? from;
        more = page.more && page.messages.length > 0;
      }
      if (this.#gap === first) this.#gap = null;
    } catch (error) {
      reportMistake(error);
      // The gap is kept: the next connection opens the conversation again, and tries again from there.
    }
  }
}

export function isUnread({ lastSeq, readSeq }: Pick<Row, 'lastSeq' | 'readSeq'>): boolean {
  return lastSeq > readSeq;
}
