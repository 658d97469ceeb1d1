import type { Call } from '#protocol/call';
import type { Message } from '#protocol/chat';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { populate, type Inhabitant, type Pair } from '../../scripts/bench/population.ts';
import { quantile } from '../../scripts/bench/statistics.ts';
import { Comeback } from '../support/comeback.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { joinMedia } from '../support/media.ts';
import { ServerProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const CALLS = 20;
const CHATTERS = 200;
/** Messages that each person writes: before, while the server is replaced, and after. */
const MESSAGES = { before: 2, meanwhile: 3, after: 1 };
const PATIENCE_MS = 60_000;

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** One half of a call: it joins the media, again each time that the server has lost it. */
class Talker implements Disposable {
  readonly person: Inhabitant;
  readonly callId: string;
  readonly comeback: Comeback;
  /** From the loss of the connection until the call was active again, in milliseconds. */
  gap = 0;

  private constructor(person: Inhabitant, callId: string, comeback: Comeback) {
    this.person = person;
    this.callId = callId;
    this.comeback = comeback;
  }

  static async open(url: string, person: Inhabitant, callId: string): Promise<Talker> {
    const comeback: Comeback = await Comeback.open(url, person.cookie, (connection) => {
      const began = performance.now();
      const back = async () => {
        await connection.next('mediaLost', undefined, PATIENCE_MS);
        await joinMedia(connection, callId, false);
        await connection.next('call', isActive(callId), PATIENCE_MS);
        talker.gap = (comeback.gaps.at(-1) ?? NaN) + performance.now() - began;
      };
      back().catch((error: unknown) => (talker.failure = error));
    });
    const talker = new Talker(person, callId, comeback);
    return talker;
  }

  failure: unknown;

  /** The call as this side last heard of it. */
  get call(): Call | undefined {
    const heard = this.comeback.all('call').filter(({ call }) => call.id === this.callId);
    return heard.at(-1)?.call;
  }

  [Symbol.dispose](): void {
    this.comeback[Symbol.dispose]();
  }
}

const isActive =
  (callId: string) =>
  ({ call }: { call: Call }): boolean =>
    call.id === callId && call.state === 'active';

/** Two who talk: media without packets, since nobody here can speak DTLS, but joined in the real worker. */
async function talk(url: string, { people, conversationId }: Pair): Promise<[Talker, Talker]> {
  const callId = randomUUID();
  const [caller, callee] = await Promise.all([
    Talker.open(url, people[0], callId),
    Talker.open(url, people[1], callId),
  ]);
  await caller.comeback.ask('invite', { callId, conversationId, kind: 'video' });
  await callee.comeback.ask('alert', { callId });
  await callee.comeback.ask('accept', { callId });
  const connections = await Promise.all([caller, callee].map(({ comeback }) => comeback.connection()));
  for (const connection of connections) await joinMedia(connection, callId, false);
  for (const connection of connections) await connection.next('call', isActive(callId), PATIENCE_MS);
  return [caller, callee];
}

/** Someone who writes one message after the other, each until it is acknowledged. */
class Chatter implements Disposable {
  readonly conversationId: string;
  readonly comeback: Comeback;
  readonly acknowledged = new Map<string, { text: string; seq: number }>();

  private constructor(conversationId: string, comeback: Comeback) {
    this.conversationId = conversationId;
    this.comeback = comeback;
  }

  static async open(url: string, { cookie }: Inhabitant, conversationId: string): Promise<Chatter> {
    return new Chatter(conversationId, await Comeback.open(url, cookie));
  }

  async write(count: number): Promise<void> {
    for (let written = 0; written < count; written++) {
      const id = randomUUID();
      const text = `message ${this.acknowledged.size} ${id}`;
      const { conversationId } = this;
      const { seq } = await this.comeback.ask('sendMessage', { conversationId, id, text });
      this.acknowledged.set(id, { text, seq });
    }
  }

  async history(): Promise<Message[]> {
    const { conversationId } = this;
    const page = await this.comeback.ask('listMessages', { conversationId, after: 0 });
    expect(page.more).toBe(false);
    return page.messages;
  }

  [Symbol.dispose](): void {
    this.comeback[Symbol.dispose]();
  }
}

function print(what: string, milliseconds: readonly number[]): void {
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => Math.round(quantile(milliseconds, share)));
  console.log(`${what}: p50 ${p50} ms, p95 ${p95} ms, max ${max} ms (${milliseconds.length})`);
}

test(
  `${CALLS} calls and ${CHATTERS} people who write outlive the replacement of the server`,
  { timeout: 240_000 },
  async () => {
    await using folder = await temporaryFolder();
    using stack = new DisposableStack();
    const pairs = await populate(folder.path, CALLS + CHATTERS / 2 + 1);
    const [ringing, ...others] = pairs;
    if (!ringing) throw new Error('there is nobody');
    const ports = { PORT: String(await freePort()), MEDIA_PORT: String(await freePort()) };
    await using first = await ServerProcess.start(folder.path, ports);
    const { url } = first;

    const talkers = (await Promise.all(others.slice(0, CALLS).map((pair) => talk(url, pair)))).flat();
    for (const talker of talkers) stack.use(talker);
    const chatters = await Promise.all(
      others
        .slice(CALLS)
        .flatMap(({ people, conversationId }) => people.map((one) => Chatter.open(url, one, conversationId))),
    );
    for (const chatter of chatters) stack.use(chatter);
    expect([talkers.length, chatters.length]).toEqual([2 * CALLS, CHATTERS]);
    await Promise.all(chatters.map((chatter) => chatter.write(MESSAGES.before)));

    // And one call that rings.
    const [caller, callee] = await Promise.all(ringing.people.map((one) => Comeback.open(url, one.cookie)));
    if (!caller || !callee) throw new Error('nobody rings');
    stack.use(caller);
    stack.use(callee);
    const rung = { callId: randomUUID() };
    await caller.ask('invite', { ...rung, conversationId: ringing.conversationId, kind: 'voice' });
    await callee.ask('alert', rung);

    // Everyone writes at the moment at which it stops.
    const meanwhile = Promise.all(chatters.map((chatter) => chatter.write(MESSAGES.meanwhile)));
    const began = performance.now();
    await first.kill('SIGTERM');
    const stopped = performance.now();
    expect(first.exitCode).toBe(0);
    await using second = await ServerProcess.start(folder.path, ports);
    const ready = performance.now();
    expect(second.url).toBe(url);
    const rings = (await callee.connection()).snapshot.calls;
    const answered = await callee.ask('accept', rung);

    await meanwhile;
    await until(
      'all calls to be active again',
      () => {
        const failed = talkers.find(({ failure }) => failure !== undefined);
        if (failed) throw failed.failure;
        return talkers.every(({ gap }) => gap > 0);
      },
      PATIENCE_MS,
    );
    await Promise.all(chatters.map((chatter) => chatter.write(MESSAGES.after)));

    // Everyone was told, and how.
    const comebacks = [...talkers, ...chatters].map(({ comeback }) => comeback);
    for (const comeback of [...comebacks, caller, callee]) {
      expect(comeback.codes).toEqual([1012]);
      expect(comeback.all('restarting')).toHaveLength(1);
    }
    // No call has ended, and each is the one that it was: it ends when someone hangs up.
    for (const { comeback, call, callId } of talkers) {
      const states = comeback.all('call').filter(({ call: one }) => one.id === callId);
      expect(states.map(({ call: one }) => one.state)).not.toContain('ended');
      expect(call).toMatchObject({ state: 'active', boundTo: comeback.tab });
    }
    for (const { comeback, callId } of talkers.filter((_, index) => index % 2 === 0)) {
      expect((await comeback.ask('endCall', { callId })).call).toMatchObject({ reason: 'hung_up' });
    }
    // What rang rings on, and can be answered.
    expect(rings).toMatchObject([{ id: rung.callId, state: 'ringing' }]);
    expect(['connecting', 'reconnecting']).toContain(answered.call.state);
    // Every message is there, once, in its place.
    const written = sum(Object.values(MESSAGES));
    for (let index = 0; index < chatters.length; index += 2) {
      const [one, other] = chatters.slice(index, index + 2);
      if (!one || !other) throw new Error('someone is alone');
      const sent = new Map([...one.acknowledged, ...other.acknowledged]);
      const messages = await one.history();
      expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, place) => place + 1));
      expect(messages).toHaveLength(2 * written);
      expect(new Map(messages.map(({ id, text, seq }) => [id, { text, seq }]))).toEqual(sent);
    }

    print('the old process drains and ends', [stopped - began]);
    print('the new process is ready after', [ready - stopped]);
    print(
      'a person has no connection',
      comebacks.map(({ gaps }) => gaps[0] ?? NaN),
    );
    print(
      'a call is interrupted',
      talkers.map(({ gap }) => gap),
    );
  },
);
