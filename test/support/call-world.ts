import type { Call as CallView } from '#protocol/call';
import { DEFAULT_CALL_SETTINGS } from '#protocol/settings';
import { randomUUID } from 'node:crypto';
import type { CallService } from '../../server/calls/call-service.ts';
import { isEngaged, legOf, stateOf, type Call, type Seat } from '../../server/calls/call.ts';
import type { Clock, MediaEvent } from '../../server/calls/ports.ts';
import { SqlCallRepository } from '../../server/db/call-repository.ts';
import { SqlConversationRepository } from '../../server/db/conversation-repository.ts';
import type { Database } from '../../server/db/database.ts';
import { SqlSettingsRepository } from '../../server/db/settings-repository.ts';
import { AppError } from '../../server/errors.ts';
import { makeCalls, NO_MEDIA } from './make-calls.ts';

/** One thing that happens; people and devices are numbers. */
export type Step =
  | { type: 'invite'; who: number; device: number; whom: number; kind: 'voice' | 'video' }
  | { type: 'alert' | 'decline' | 'hangUp' | 'mediaUp' | 'mediaDown'; who: number }
  | { type: 'accept' | 'drop' | 'resume'; who: number; device: number }
  | { type: 'restart' }
  | { type: 'pass'; milliseconds: number };

/** Time that stands still until it is told to pass. */
class ManualClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): { cancel(): void } {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Lets time pass, and each timer fire at its time; `settle` waits for what it set off. */
  async pass(milliseconds: number, settle: () => Promise<void>): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = due.at;
      due.callback();
      await settle();
    }
    this.#now = end;
  }
}

/**
 * A few people with some devices each, the first of whom wants no call waiting, and the calls between them: the real call service on a real database, in
 * a time of its own. Only sockets and media are left out: what they would tell is told by steps.
 */
export class CallWorld {
  readonly #database: Database;
  readonly #repository: SqlCallRepository;
  readonly #people: string[];
  readonly #seats: Seat[][];
  readonly #clock = new ManualClock();
  readonly #connected = new Set<string>();
  /** The last that each account was told of each call. */
  readonly #told = new Map<string, Map<string, CallView>>();
  readonly #seen = new Map<string, Call>();
  readonly #closedRooms = new Set<string>();
  /** Tells the service of media. */
  #emitMedia: (event: MediaEvent) => void = () => undefined;
  /** Tabs that have ever been without a connection. */
  readonly #wasGone = new Set<string>();
  #made: ReturnType<typeof makeCalls>;

  private constructor(database: Database, people: string[], devices: number) {
    this.#database = database;
    this.#repository = new SqlCallRepository(database);
    this.#people = people;
    this.#seats = people.map(() =>
      Array.from({ length: devices }, () => ({ device: randomUUID(), tab: randomUUID(), session: '' })),
    );
    for (const tab of this.#seats.flat()) this.#connected.add(tab.tab);
    this.#made = this.#start();
  }

  static async create(database: Database, people: number, devices: number): Promise<CallWorld> {
    const ids = Array.from({ length: people }, () => randomUUID());
    await database('accounts').insert(
      ids.map((id) => ({
        id,
        username: id,
        username_key: id,
        email: id,
        email_key: id,
        role: 'member',
        password_hash: '',
        created_at: 0,
      })),
    );
    const [alone = ''] = ids;
    await new SqlSettingsRepository(database).set(alone, { ...DEFAULT_CALL_SETTINGS, callWaiting: false });
    return new CallWorld(database, ids, devices);
  }

  /** Takes steps at once: their order is whatever the service makes of it. */
  async take(steps: readonly Step[]): Promise<void> {
    await Promise.all(steps.map((step) => this.#take(step)));
    await this.#settle();
  }

  /** Everyone goes away, and time passes: everything must end by itself. */
  async outlast(): Promise<void> {
    for (const [who, seats] of this.#seats.entries()) {
      for (const device of seats.keys()) await this.take([{ type: 'drop', who, device }]);
    }
    await this.take([{ type: 'pass', milliseconds: 300_000 }]);
  }

  /** What must hold whenever all is quiet; tells what does not. */
  async violations(): Promise<string[]> {
    const found: string[] = [];
    const live = (await this.#repository.listLive()).filter((call) => this.#isOurs(call));
    for (const accountId of this.#people) {
      const engaged = live.filter((call) => {
        const leg = legOf(call, accountId);
        return leg !== undefined && isEngaged(leg);
      });
      if (engaged.length > 1) found.push('an account is in two calls');
      for (const call of live) {
        const leg = legOf(call, accountId);
        if (leg?.state !== 'ringing') continue;
        if (leg.inAnotherCall !== engaged.length > 0)
          found.push('a callee is not in another call as is told');
        if (leg.inAnotherCall && accountId === this.#people[0]) found.push('a call waits where none may');
      }
    }
    const conversations = live.map((call) => call.conversationId);
    if (new Set(conversations).size !== conversations.length) found.push('a pair has two live calls');

    for (const id of this.#seen.keys()) {
      const now = await this.#repository.find(id);
      const before = this.#seen.get(id);
      if (!now || !before) found.push('a call vanished');
      else found.push(...(await this.#compare(before, now)));
    }
    return found;
  }

  async #compare(before: Call, now: Call): Promise<string[]> {
    const found: string[] = [];
    if (before.end && JSON.stringify(before) !== JSON.stringify(now)) found.push('an ended call changed');
    if (now.version < before.version) found.push('a version went back');
    for (const leg of now.legs.values()) {
      const seat = before.legs.get(leg.participantId)?.seat;
      if (seat && seat.tab !== leg.seat?.tab && !this.#wasGone.has(seat.tab)) {
        found.push('a leg moved from a tab that was there');
      }
      const told = this.#told.get(leg.accountId)?.get(now.id);
      if (!leg.hidden && (told?.version !== now.version || told.state !== stateOf(now))) {
        found.push(`someone believes that the call is ${told?.state ?? 'not there'}; it is ${stateOf(now)}`);
      }
    }
    const entries: unknown[] = await this.#database('messages').where({ call_id: now.id });
    const leavesNone = now.end?.reason === 'unavailable' || now.end?.reason === 'taken_back';
    const expected = now.end && !leavesNone ? 1 : 0;
    if (entries.length !== expected)
      found.push(`${entries.length} entries in the conversation, not ${expected}`);
    if (now.answeredAt !== null && now.end && !this.#closedRooms.has(now.id))
      found.push('a room outlived its call');
    this.#seen.set(now.id, now);
    return found;
  }

  /** How many calls have not ended. */
  async countLive(): Promise<number> {
    return (await this.#repository.listLive()).filter((call) => this.#isOurs(call)).length;
  }

  async #take(step: Step): Promise<void> {
    switch (step.type) {
      case 'pass':
        return this.#clock.pass(step.milliseconds, () => this.#settle());
      case 'restart':
        this.#service.close();
        this.#made = this.#start();
        await this.#service.restore();
        for (const [who, seats] of this.#seats.entries()) {
          for (const { tab } of seats) {
            if (this.#connected.has(tab)) this.#service.connected(this.#person(who), tab);
          }
        }
        return;
      case 'drop': {
        const { tab } = this.#seat(step.who, step.device);
        this.#wasGone.add(tab);
        if (this.#connected.delete(tab)) this.#service.disconnected(this.#person(step.who), tab);
        return;
      }
      case 'resume': {
        const { tab } = this.#seat(step.who, step.device);
        this.#connected.add(tab);
        this.#service.connected(this.#person(step.who), tab);
        return;
      }
      default:
        await this.#act(step).catch((error: unknown) => {
          // A refusal is an outcome like another; anything else is a fault.
          if (!(error instanceof AppError)) throw error;
        });
    }
  }

  async #act(step: Exclude<Step, { type: 'pass' | 'restart' | 'drop' | 'resume' }>): Promise<void> {
    const me = this.#person(step.who);
    if (!this.#canAct(step)) return;
    if (step.type === 'invite') {
      const other = this.#person(step.whom);
      if (other === me) return;
      const { id: conversationId } = await this.#conversations().openDirect(me, other, this.#clock.now());
      const callId = randomUUID();
      const call = await this.#service.invite(me, this.#seat(step.who, step.device), {
        callId,
        conversationId,
        members: [me, other],
        kind: step.kind,
      });
      await this.#remember(call.id);
      return;
    }
    for (const { id } of this.#service.liveOf(me)) {
      switch (step.type) {
        case 'alert':
          await this.#service.alert(me, id);
          break;
        case 'accept':
          await this.#service.accept(me, id, this.#seat(step.who, step.device));
          break;
        case 'decline':
          await this.#service.decline(me, id);
          break;
        case 'hangUp':
          await this.#service.hangUp(me, id);
          break;
        case 'mediaUp':
          this.#mediaOf('up', id, me);
          break;
        case 'mediaDown':
          this.#mediaOf('down', id, me);
          break;
      }
    }
  }

  /** Requests come over a socket; media comes and goes without one. */
  #canAct(step: Step): boolean {
    if (step.type === 'invite' || step.type === 'accept') {
      return this.#connected.has(this.#seat(step.who, step.device).tab);
    }
    if (step.type === 'alert' || step.type === 'decline' || step.type === 'hangUp') {
      return (this.#seats[step.who % this.#seats.length] ?? []).some(({ tab }) => this.#connected.has(tab));
    }
    return true;
  }

  async #remember(callId: string): Promise<void> {
    const call = await this.#repository.find(callId);
    if (call && !this.#seen.has(callId)) this.#seen.set(callId, call);
  }

  #mediaOf(type: 'up' | 'down', callId: string, accountId: string): void {
    const call = this.#seen.get(callId);
    const participantId = call && legOf(call, accountId)?.participantId;
    if (participantId === undefined) throw new Error('a call that is live for someone has a leg of theirs');
    const place = { roomId: callId, participantId };
    this.#emitMedia(type === 'up' ? { type, paths: [], ...place } : { type, ...place });
  }

  #makeMedia(): typeof NO_MEDIA {
    return {
      ...NO_MEDIA,
      close: (callId) => Promise.resolve(void this.#closedRooms.add(callId)),
      onEvent: (listener) => (this.#emitMedia = listener),
    };
  }

  get #service(): CallService {
    return this.#made.calls;
  }

  #start(): ReturnType<typeof makeCalls> {
    return makeCalls({
      database: this.#database,
      clock: this.#clock,
      isConnected: (tab) => this.#connected.has(tab),
      media: this.#makeMedia(),
      onCall: (accountId, call) => this.#hear(accountId, call),
    });
  }

  #hear(accountId: string, call: CallView): void {
    const told = this.#told.get(accountId) ?? new Map<string, CallView>();
    this.#told.set(accountId, told.set(call.id, call));
  }

  /** Waits until the service has nothing left to do: everything it does goes through the database's one queue. */
  async #settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await this.#service.idle();
      await this.#made.facts.settled();
      await this.#database.raw('select 1');
    }
  }

  #conversations(): SqlConversationRepository {
    return new SqlConversationRepository(this.#database);
  }

  #isOurs(call: Call): boolean {
    return [...call.legs.values()].some(({ accountId }) => this.#people.includes(accountId));
  }

  #person(who: number): string {
    return this.#people[who % this.#people.length] ?? '';
  }

  #seat(who: number, device: number): Seat {
    const seats = this.#seats[who % this.#seats.length] ?? [];
    const seat = seats[device % seats.length];
    if (!seat) throw new Error('everyone has a device');
    return seat;
  }
}
