import type { Call } from '#protocol/call';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DEADLINES, type Deadlines } from '../../server/calls/call-events.ts';
import { TestAccount } from './account.ts';
import type { Step } from './call-world.ts';
import { Refused, TestConnection } from './connection.ts';
import { startServer, type TestServer } from './server.ts';
import { until } from './until.ts';

/** How much faster than in life time passes: the deadlines are so many times shorter, and so is each wait. */
const FASTER = 100;
const AGREE_WITHIN_MS = 5_000;
/** What is rung, called or talked in: a state that keeps an account from another call. */
const ENGAGED = ['waiting', 'connecting', 'active', 'reconnecting'];

/** A server whose deadlines are a hundredth of the true ones. */
export class FastServer implements AsyncDisposable {
  readonly #dataDir: string;
  #server: TestServer;

  private constructor(dataDir: string, server: TestServer) {
    this.#dataDir = dataDir;
    this.#server = server;
  }

  static async start(dataDir: string): Promise<FastServer> {
    return new FastServer(dataDir, await FastServer.#start(dataDir));
  }

  static #start(dataDir: string): Promise<TestServer> {
    const entries = Object.entries(DEADLINES).map(([name, value]: [string, number]) => [
      name,
      value / FASTER,
    ]);
    return startServer(
      { DATA_DIR: dataDir },
      { deadlines: Object.fromEntries(entries) as Partial<Deadlines> },
    );
  }

  get url(): string {
    return this.#server.url;
  }

  async restart(): Promise<void> {
    await this.#server.close();
    this.#server = await FastServer.#start(this.#dataDir);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }
}

interface Device {
  readonly account: TestAccount;
  readonly seat: { device: string; tab: string };
  connection: TestConnection | undefined;
}

/** The same people and devices as in `CallWorld`, over real sockets. Media there is none, so answered calls fail in time. */
export class SocketWorld implements Disposable {
  readonly #server: FastServer;
  readonly #devices: Device[][];
  /** Calls that someone saw end, and how. */
  readonly #ended = new Map<string, string>();

  private constructor(server: FastServer, devices: Device[][]) {
    this.#server = server;
    this.#devices = devices;
  }

  static async create(server: FastServer, people: number, devices: number): Promise<SocketWorld> {
    const accounts = await Promise.all(
      Array.from({ length: people }, () => TestAccount.signUp(server.url, `p-${randomUUID().slice(0, 13)}`)),
    );
    const world = new SocketWorld(
      server,
      accounts.map((account) =>
        Array.from({ length: devices }, () => ({
          account,
          seat: { device: randomUUID(), tab: randomUUID() },
          connection: undefined,
        })),
      ),
    );
    await Promise.all(world.#devices.flat().map((device) => world.#connect(device)));
    return world;
  }

  async take(steps: readonly Step[]): Promise<void> {
    await Promise.all(
      steps.map((step) =>
        this.#take(step).catch((error: unknown) => {
          // A refusal, or a socket that another step has closed, is an outcome; anything else is a fault.
          const lost = error instanceof Error && error.message.includes('the connection closed');
          if (!(error instanceof Refused) && !lost) throw error;
        }),
      ),
    );
  }

  /** Waits until all devices agree on every call; fails after five seconds of quiet. */
  async agree(): Promise<void> {
    let found: string[] = [];
    await until(
      'all devices to agree',
      () => {
        found = this.#disagreements();
        return found.length === 0;
      },
      AGREE_WITHIN_MS,
    ).catch((cause: unknown) => {
      throw new Error(found.join('; '), { cause });
    });
  }

  /** Waits until no device knows of a call that goes on. */
  async quiet(): Promise<void> {
    await until('every call to end by itself', () =>
      this.#all().every((device) => live(device).length === 0),
    );
  }

  [Symbol.dispose](): void {
    for (const { connection } of this.#all()) connection?.[Symbol.dispose]();
  }

  async #take(step: Step): Promise<void> {
    switch (step.type) {
      case 'pass':
        await pause(step.milliseconds / FASTER);
        return;
      case 'restart': {
        const back = this.#all().filter(({ connection }) => connection);
        await this.#server.restart();
        await Promise.all(back.map((device) => this.#connect(device)));
        return;
      }
      case 'drop': {
        const device = this.#device(step.who, step.device);
        device.connection?.[Symbol.dispose]();
        device.connection = undefined;
        return;
      }
      case 'resume': {
        const device = this.#device(step.who, step.device);
        if (!device.connection) await this.#connect(device);
        return;
      }
      case 'mediaUp':
      case 'mediaDown':
        return;
      case 'invite': {
        const other = this.#device(step.whom, 0).account;
        const { account, connection } = this.#device(step.who, step.device);
        if (!connection || other === account) return;
        const { conversation } = await connection.request('openConversation', { accountId: other.id });
        const data = { callId: randomUUID(), conversationId: conversation.id, kind: step.kind };
        await connection.request('invite', data);
        return;
      }
      case 'accept':
        return this.#each(this.#device(step.who, step.device), 'accept');
      default: {
        const method = step.type === 'hangUp' ? 'endCall' : step.type;
        const device = this.#person(step.who).find(({ connection }) => connection);
        if (device) await this.#each(device, method);
      }
    }
  }

  async #each(device: Device, method: 'alert' | 'accept' | 'decline' | 'endCall'): Promise<void> {
    for (const { id } of live(device)) await device.connection?.request(method, { callId: id });
  }

  async #connect(device: Device): Promise<void> {
    device.connection = await TestConnection.open(this.#server.url, device.account.cookie, device.seat);
  }

  #disagreements(): string[] {
    const found: string[] = [];
    const latest = new Map<string, Call>();
    const devices = this.#all().filter(({ connection }) => connection);
    for (const call of devices.flatMap(known)) {
      const other = latest.get(call.id);
      if (!other || call.version > other.version) latest.set(call.id, call);
    }
    for (const device of devices) {
      const here = live(device);
      const engaged = here.filter((call) => {
        const own = call.legs.find((leg) => leg.accountId === device.account.id);
        return ENGAGED.includes(own?.state ?? '');
      });
      if (engaged.length > 1) found.push('an account is in two calls');
      for (const call of here) {
        const own = call.legs.find((leg) => leg.accountId === device.account.id);
        if (own?.state === 'ringing' && own.inAnotherCall !== engaged.length > 0)
          found.push('a callee is not in another call as is told');
        const truth = latest.get(call.id);
        if (truth?.version !== call.version)
          found.push(`a device believes ${call.state}, another ${truth?.state}`);
      }
    }
    for (const call of latest.values()) {
      if (call.state !== 'ended') continue;
      const end = `${call.reason} at ${call.endedAt} by ${call.endedBy}`;
      if ((this.#ended.get(call.id) ?? end) !== end) found.push('an ended call ended again');
      this.#ended.set(call.id, end);
    }
    return found;
  }

  #all(): Device[] {
    return this.#devices.flat();
  }

  #person(who: number): Device[] {
    return this.#devices[who % this.#devices.length] ?? [];
  }

  #device(who: number, index: number): Device {
    const devices = this.#person(who);
    const device = devices[index % devices.length];
    if (!device) throw new Error('everyone has a device');
    return device;
  }
}

/** Each call as this device was told of it last: by its snapshot, then by notices. */
function known({ connection }: Device): Call[] {
  if (!connection) return [];
  const calls = new Map<string, Call>();
  for (const call of [...connection.snapshot.calls, ...connection.all('call').map((notice) => notice.call)]) {
    if (call.version > (calls.get(call.id)?.version ?? 0)) calls.set(call.id, call);
  }
  return [...calls.values()];
}

const live = (device: Device): Call[] => known(device).filter((call) => call.state !== 'ended');
