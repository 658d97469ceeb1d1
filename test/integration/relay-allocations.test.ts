import type { IceServers } from '#protocol/media';
import { rtpCapabilities as capabilities } from '#protocol/media';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { connectCall, couple } from '../support/call.ts';
import type { TestConnection } from '../support/connection.ts';
import { joinMedia } from '../support/media.ts';
import type { TurnClient, Way } from '../support/turn-client.ts';
import { describeTurn, TurnStage } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';

const WAYS: readonly Way[] = ['udp', 'tcp', 'tls'];
/** The relay's own address as /proc has it. */
const RELAY_ADDRESS = Buffer.from([127, 44, 44, 43]).reverse().toString('hex').toUpperCase();
const GONE_WITHIN_MS = 5_000;
const USER_QUOTA = 36;
const SLOTS = 16;

describeTurn('allocations of the relay', () => {
  let stage: TurnStage;
  beforeAll(async () => {
    stage = await TurnStage.open({ relaySweepEvery: 1_000 });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  /** An allocation by each way. */
  async function allocated(iceServers: IceServers | null): Promise<Allocated> {
    const clients = await Promise.all(WAYS.map((way) => stage.client(way, iceServers?.servers[0])));
    const ports: number[] = [];
    for (const client of clients) {
      const { relayed } = await client.allocate();
      if (!relayed) throw new Error('no allocation');
      ports.push(relayed.port);
    }
    return new Allocated(clients, ports);
  }

  test('are limited by network: 17 accounts at one address have 16 quotas at once, and their end frees them', async () => {
    using stack = new DisposableStack();
    const checks: { tab: TestConnection; checkId: string; iceServers: IceServers | null }[] = [];
    for (let index = 0; index <= SLOTS; index++) {
      const tab = stack.use(await (await TestAccount.signUp(stage.server.url, `greedy${index}`)).connect());
      const { checkId, back } = await check(tab);
      checks.push({ tab, checkId, iceServers: back.iceServers });
    }
    const ports: number[] = [];
    for (const { iceServers } of checks) {
      for (let count = 0; count <= USER_QUOTA; count++) {
        const client = stack.use(await stage.client('udp', iceServers?.servers[0]));
        const { relayed } = await client.allocate();
        if (!relayed) break;
        ports.push(relayed.port);
      }
    }
    expect(ports).toHaveLength(SLOTS * USER_QUOTA);

    for (const { tab, checkId } of checks) await tab.request('closeCheck', { checkId });
    await new Allocated([], ports).untilGone(GONE_WITHIN_MS);
    using again = await allocated((await check(checks[0]?.tab)).back.iceServers);
    expect(await again.left()).toBe(WAYS.length);
  });

  test('end with their call, and so do those that are made after it; those of other calls stay', async () => {
    using people = await couple(stage.server.url);
    using others = await couple(stage.server.url);
    const callId = await connectCall(people);
    const { iceServers } = await joinMedia(people.a, callId);
    const renewed = await people.a.request('getIceServers', { callId });
    using first = await allocated(iceServers);
    using second = await allocated(renewed.iceServers);
    using theirs = await allocated((await joinMedia(others.a, await connectCall(others))).iceServers);

    await people.b.request('endCall', { callId });
    await first.untilGone(GONE_WITHIN_MS);
    await second.untilGone(GONE_WITHIN_MS);
    expect(await theirs.left()).toBe(WAYS.length);

    using late = await allocated(iceServers);
    await late.untilGone(GONE_WITHIN_MS);
    expect(await theirs.left()).toBe(WAYS.length);
  });

  test('end with their call check', async () => {
    using people = await couple(stage.server.url);
    const { checkId, back } = await check(people.a);
    using own = await allocated(back.iceServers);
    expect(await own.left()).toBe(WAYS.length);
    await people.a.request('closeCheck', { checkId });
    await own.untilGone(GONE_WITHIN_MS);
  });
});

async function check(tab: TestConnection | undefined) {
  if (!tab) throw new Error('no tab');
  const { rtpCapabilities } = await tab.request('getRouterCapabilities', {});
  return tab.request('openCheck', { rtpCapabilities: capabilities.parse(rtpCapabilities) });
}

/** Clients, and the ports that the relay has opened for them. */
class Allocated implements Disposable {
  readonly #clients: readonly TurnClient[];
  readonly #ports: readonly number[];

  constructor(clients: readonly TurnClient[], ports: readonly number[]) {
    this.#clients = clients;
    this.#ports = ports;
  }

  /** How many of its ports the relay still has open. */
  async left(): Promise<number> {
    const table = await readFile('/proc/net/udp', 'utf8');
    const isOpen = (port: number) => table.includes(` ${RELAY_ADDRESS}:${hex(port)} `);
    return this.#ports.filter(isOpen).length;
  }

  untilGone(within: number): Promise<unknown> {
    return until('the end of the allocations', async () => (await this.left()) === 0, within);
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client[Symbol.dispose]();
  }
}

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
