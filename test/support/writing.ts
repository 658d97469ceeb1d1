import { randomUUID } from 'node:crypto';
import type { Message } from '#protocol/chat';
import type { TestConnection } from './connection.ts';

const IN_FLIGHT = 8;

/** Someone who writes into a conversation as fast as the server acknowledges. */
export class Writer {
  /** What the server has acknowledged, in the order of its acknowledgements. */
  readonly acknowledged: { id: string; seq: number; text: string }[] = [];
  readonly #lanes: Promise<unknown>;
  #stopped = false;

  constructor(connection: TestConnection, conversationId: string) {
    let count = 0;
    const lane = async () => {
      while (!this.#stopped) {
        const message = { conversationId, id: randomUUID(), text: `message ${count++}` };
        const { seq } = await connection.request('sendMessage', message);
        this.acknowledged.push({ id: message.id, seq, text: message.text });
      }
    };
    this.#lanes = Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  }

  /** Resolves when everything that was sent is acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#lanes;
  }
}

/** Sends one message, and tells it as the server acknowledged it. */
export async function write(connection: TestConnection, conversationId: string, text: string) {
  const id = randomUUID();
  const { seq } = await connection.request('sendMessage', { conversationId, id, text });
  return { id, seq, text };
}

/** All messages of a conversation, the oldest first. */
export async function readAll(connection: TestConnection, conversationId: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const page = await connection.request('listMessages', { conversationId, after: all.at(-1)?.seq ?? 0 });
    all.push(...page.messages);
    if (!page.more) return all;
  }
}
