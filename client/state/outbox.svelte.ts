import { forget, keysOf, load, save } from '../lib/storage.ts';
import { uuid } from '../lib/ids.ts';
import { ConnectionLost, RequestError, type Signaling } from '../lib/signaling.ts';
import type { Message } from '#protocol/chat';
import { reportMistake } from '../lib/mistakes.ts';

/** A message of ours that the server has not acknowledged. */
export interface Unsent {
  id: string;
  conversationId: string;
  text: string;
  createdAt: number;
  /** The server refused it; it waits for the person's "Retry". */
  failed: boolean;
}

/** How long to wait, in milliseconds, before messages are sent again that the server refused as too many. */
const AGAIN_AFTER = 15_000;

/**
 * Messages on their way. Each is kept in the browser until it is acknowledged, and sent again on every
 * new connection; its id makes that harmless, from several tabs too.
 */
export class Outbox {
  readonly #signaling: Signaling;
  readonly #accountId: string;
  readonly #onSent: (message: Message) => void;
  #list = $state.raw<readonly Unsent[]>([]);
  /** Set while the server takes no more messages for now. */
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(signaling: Signaling, accountId: string, onSent: (message: Message) => void) {
    this.#signaling = signaling;
    this.#accountId = accountId;
    this.#onSent = onSent;
    this.#list = keysOf(this.#key(''))
      .map((key) => load(key) as Unsent | null)
      .filter((unsent) => unsent !== null)
      .sort((a, b) => a.createdAt - b.createdAt);
    // What the server tells of may have been sent from another tab.
    signaling.on({ message: ({ message }) => this.#arrived(message.id) });
  }

  of(conversationId: string): readonly Unsent[] {
    return this.#list.filter((unsent) => unsent.conversationId === conversationId);
  }

  send(conversationId: string, text: string): void {
    const unsent = { id: uuid(), conversationId, text, createdAt: Date.now(), failed: false };
    this.#list = [...this.#list, unsent];
    save(this.#key(unsent.id), unsent);
    void this.#transmit(unsent);
  }

  retry(id: string): void {
    this.#mark(id, false);
    const unsent = this.#list.find((one) => one.id === id);
    if (unsent) void this.#transmit(unsent);
  }

  /** Gives up a message that failed. */
  discard(id: string): void {
    this.#list = this.#list.filter((unsent) => unsent.id !== id);
    forget(this.#key(id));
  }

  /** On a new connection: everything that waits, in its order. */
  resend(): void {
    for (const unsent of this.#list) if (!unsent.failed) void this.#transmit(unsent);
  }

  /** The server told of a message that may have been one of these. */
  #arrived(id: string): void {
    if (this.#list.some((unsent) => unsent.id === id)) this.discard(id);
  }

  async #transmit({ id, conversationId, text }: Unsent): Promise<void> {
    if (this.#pause !== undefined) return;
    try {
      const { seq, sentAt } = await this.#signaling.request('sendMessage', { conversationId, id, text });
      this.#onSent({ id, conversationId, seq, senderId: this.#accountId, text, call: null, sentAt });
      this.discard(id);
    } catch (error) {
      // Without a connection it goes on waiting; the next one sends it again.
      if (error instanceof ConnectionLost) return;
      reportMistake(error);
      if (error instanceof RequestError && error.code === 'rate_limited') this.#resendLater();
      else this.#mark(id, true);
    }
  }

  #resendLater(): void {
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.resend();
    }, AGAIN_AFTER);
  }

  #mark(id: string, failed: boolean): void {
    this.#list = this.#list.map((unsent) => (unsent.id === id ? { ...unsent, failed } : unsent));
    const unsent = this.#list.find((one) => one.id === id);
    if (unsent) save(this.#key(id), unsent);
  }

  #key(id: string): string {
    return `outbox:${this.#accountId}:${id}`;
  }
}
