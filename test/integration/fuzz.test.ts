import { DEFAULT_CALL_SETTINGS } from '#protocol/settings';
import { FRAME_MAX } from '#protocol/limits';
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { connectCall, couple, reaches } from '../support/call.ts';
import { FuzzClient } from '../support/fuzz/client.ts';
import { sendFrame, sizedFrame } from '../support/fuzz/frames.ts';
import type { Pools } from '../support/fuzz/generate.ts';
import { Random } from '../support/fuzz/random.ts';
import { camera, joinMedia, microphone } from '../support/media.ts';
import { repetitions } from '../support/repetitions.ts';
import { startServer, type TestServer } from '../support/server.ts';

const FRAMES = repetitions('FUZZ_FRAMES', { quick: 5_000, nightly: 20_000 });
const ROUNDS = Math.ceil(FRAMES / 400);
const CLIENTS = 3;
/** Answers that are given before a schema is looked at; so are frames without an answer. */
const BEFORE_SCHEMA = ['unknown_method', 'rate_limited', 'none', 'closed'];

const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ MEDIA_WORKERS: '2', LOG_LEVEL: 'error' });
});
afterAll(() => server.close());

/** Ends what the last round left, and starts a call with media between the two; tells all ids there are. */
async function prepare(a: FuzzClient, b: FuzzClient, stranger: FuzzClient, others: string[]): Promise<Pools> {
  for (const client of [a, b, stranger]) {
    await client.settle();
    await client.connect();
    for (const { id: callId } of client.snapshot?.calls ?? []) {
      await client.request('endCall', { callId });
      await client.request('decline', { callId });
    }
    // Some frame may have made it deaf.
    await client.request('setCallSettings', DEFAULT_CALL_SETTINGS);
    for (const { id } of [a, b, stranger]) {
      if (id !== client.id) await client.request('block', { accountId: id, blocked: false });
    }
  }
  const ids = async (client: FuzzClient, method: 'openConversation', accountId: string) => {
    const { data } = await client.request(method, { accountId });
    return (data as { conversation: { id: string } }).conversation.id;
  };
  const conversationId = await ids(a, 'openConversation', b.id);
  const elsewhere = await ids(stranger, 'openConversation', others[0] ?? '');
  const messageId = crypto.randomUUID();
  await b.request('sendMessage', { conversationId, id: messageId, text: 'to be reported' });
  const callId = crypto.randomUUID();
  const ended = crypto.randomUUID();
  await a.request('invite', { callId: ended, conversationId, kind: 'voice' });
  await a.request('endCall', { callId: ended });
  await a.request('invite', { callId, conversationId, kind: 'video' });
  await b.request('accept', { callId });
  const { data: capabilities } = await a.request('getRouterCapabilities', {});
  const transportIds: string[] = [];
  for (const client of [a, b]) {
    const { data } = await client.request('join', { callId, sending: true, ...(capabilities as object) });
    const joined = data as { sendTransport: { id: string }; recvTransport: { id: string } };
    transportIds.push(joined.sendTransport.id, joined.recvTransport.id);
  }
  const { data: produced } = await a.request('produce', {
    callId,
    source: 'microphone',
    rtpParameters: microphone(),
    paused: false,
  });
  return {
    callId: [callId, callId, callId, ended],
    conversationId: [conversationId, conversationId, elsewhere],
    messages: [messageId],
    accountId: [a.id, b.id, stranger.id, ...others],
    transportId: transportIds,
    producerId: [(produced as { producerId: string }).producerId],
  };
}

const add = (total: Map<string, number>, part: Map<string, number>) => {
  for (const [code, count] of part) total.set(code, (total.get(code) ?? 0) + count);
};

test(
  `${FRAMES} frames, valid, mutated and hostile, from members and strangers`,
  { timeout: 120_000 },
  async () => {
    console.log(`FUZZ_SEED=${seed}`);
    const random = new Random(seed);
    const accounts = await Promise.all(
      ['fuzz-a', 'fuzz-b', 'fuzz-stranger', 'fuzz-silent'].map((name) =>
        TestAccount.signUp(server.url, name),
      ),
    );
    const clients = accounts.slice(0, CLIENTS).map((account) => new FuzzClient(account));
    const [a, b, stranger] = clients as [FuzzClient, FuzzClient, FuzzClient];
    const others = accounts.slice(CLIENTS).map(({ id }) => id);
    const pids = server.media.pids;
    for (const client of clients) await client.connect();

    let sent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const pools = await prepare(a, b, stranger, others);
      const each = Math.ceil((FRAMES - sent) / (ROUNDS - round) / CLIENTS);
      for (let number = 0; number < each; number++) {
        for (const client of clients) sendFrame(client, random, pools);
        sent += CLIENTS;
        // Enough under way at once for requests to meet, few enough for the answers to say what met what.
        if (number % 20 === 19) await Promise.all(clients.map((client) => client.settle()));
      }
      if (round % 10 === 0) {
        const client = random.pick(clients);
        expect(await client.sendTooLarge(sizedFrame(client.nextId(), FRAME_MAX + 1))).toBe(1009);
        sent += 1;
      }
    }
    await Promise.all(clients.map((client) => client.settle()));

    const total = new Map<string, number>();
    const table = clients.map((client, index) => {
      add(total, client.tally);
      return {
        who: ['member', 'member', 'stranger'][index],
        ...Object.fromEntries([...client.tally].sort()),
      };
    });
    console.table([...table, { who: 'all', ...Object.fromEntries([...total].sort()) }]);

    expect(clients.flatMap(({ problems }) => problems)).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(FRAMES);
    expect([...total.values()].reduce((sum, count) => sum + count, 0)).toBe(sent);
    expect(total.get('internal')).toBeUndefined();
    // A frame reaches a schema when it is a request that names a method: then its data is parsed by that method's
    // schema, and where it fits, the rule and the handler follow. Every other answer is given before that.
    const before = BEFORE_SCHEMA.reduce((sum, code) => sum + (total.get(code) ?? 0), 0);
    console.log(
      `${(((sent - before) / sent) * 100).toFixed(1)} % of ${sent} frames reached a schema or a handler`,
    );
    expect((sent - before) / sent).toBeGreaterThanOrEqual(0.9);
    expect({}).not.toHaveProperty('polluted');

    // The process and the very same workers live, and a call goes as if nothing had been.
    expect(server.media.pids).toEqual(pids);
    for (const client of clients) client.close();
    using world = await couple(server.url);
    const callId = await connectCall(world);
    await joinMedia(world.a, callId);
    await joinMedia(world.b, callId);
    await world.a.request('produce', { callId, source: 'camera', rtpParameters: camera(), paused: false });
    await world.b.next('consumerAdded');
    await world.a.request('endCall', { callId });
    await reaches(world.b, callId, 'ended');
  },
);
