import type { Message } from '#protocol/chat';
import { randomInt, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import type { TestConnection } from '../support/connection.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ServerProcess } from '../support/process.ts';

interface Sent {
  id: string;
  text: string;
  /** The acknowledged place; undefined while there is no acknowledgement. */
  seq?: number;
}

const ROUNDS = 3;
/** Messages that are on their way at any time. */
const IN_FLIGHT = 8;

async function history(connection: TestConnection, conversationId: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const page = await connection.request('listMessages', { conversationId, after: all.at(-1)?.seq ?? 0 });
    all.push(...page.messages);
    if (!page.more) return all;
  }
}

/** Sends without pause until the connection breaks; what was not acknowledged stays so. */
async function stream(connection: TestConnection, conversationId: string, sent: Sent[], onAck: () => void) {
  const lane = async () => {
    for (;;) {
      const message: Sent = { id: randomUUID(), text: `message ${sent.length}` };
      sent.push(message);
      try {
        const { id, text } = message;
        message.seq = (await connection.request('sendMessage', { conversationId, id, text })).seq;
      } catch {
        return;
      }
      onAck();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

test(
  'after kill -9 everything acknowledged is there, and what is sent again stays one',
  { timeout: 60_000 },
  async () => {
    await using folder = await temporaryFolder();
    let server = await ServerProcess.start(folder.path);
    const ann = await TestAccount.signUp(server.url, 'ann');
    const ben = await TestAccount.signUp(server.url, 'ben');
    const sent: Sent[] = [];
    let conversationId = '';
    let unacknowledged = 0;

    for (let round = 0; round < ROUNDS; round++) {
      // The sessions outlive the process: the same cookies open the same accounts.
      using a = await TestAccount.at(server.url, ann).connect();
      conversationId = (await a.request('openConversation', { accountId: ben.id })).conversation.id;
      const killAfter = sent.filter(({ seq }) => seq !== undefined).length + randomInt(20, 200);
      const victim = server;
      let killed: Promise<unknown> | undefined;
      let acknowledged = sent.filter(({ seq }) => seq !== undefined).length;
      await stream(a, conversationId, sent, () => {
        if (++acknowledged >= killAfter) killed ??= victim.kill('SIGKILL');
      });
      await killed;

      server = await ServerProcess.start(folder.path);
      using again = await TestAccount.at(server.url, ann).connect();
      const found = new Map((await history(again, conversationId)).map((message) => [message.id, message]));
      for (const { id, text, seq } of sent) {
        if (seq !== undefined) expect(found.get(id)).toMatchObject({ seq, text });
      }
      const lost = sent.filter(({ seq }) => seq === undefined);
      unacknowledged += lost.length;
      for (const message of lost) {
        const { id, text } = message;
        message.seq = (await again.request('sendMessage', { conversationId, id, text })).seq;
        const known = found.get(id);
        if (known) expect(message.seq).toBe(known.seq);
      }
    }

    // The other side finds the same: each once, without gaps.
    using b = await TestAccount.at(server.url, ben).connect();
    const all = await history(b, conversationId);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all).toHaveLength(sent.length);
    expect(new Map(all.map(({ id, seq }) => [id, seq]))).toEqual(
      new Map(sent.map(({ id, seq }) => [id, seq])),
    );
    expect(unacknowledged).toBeGreaterThan(0);
    await server.kill('SIGTERM');
  },
);
