import type { CallsPage, ListCalls } from '#protocol/call';
import { CALLS_PAGE } from '#protocol/limits';
import type { Publisher } from '../fact-bus.ts';
import type { Notifier } from '../notifier.ts';
import { isMissedBy, memberLegs, presentCall, type Call } from './call.ts';
import type { CallRepository, Clock } from './ports.ts';

interface Collaborators {
  calls: CallRepository;
  people: { named(accountId: string): { username: string } };
  notifier: Notifier;
  facts: Publisher;
  clock: Clock;
}

/** The calls that have ended: the list, the entries in conversations, and who missed how many. */
export class CallHistory {
  readonly #with: Collaborators;
  /** What was last told to those who have missed calls: only theirs can become fewer. */
  readonly #told = new Map<string, number>();

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
  }

  /** One page of the account's calls. */
  async list(accountId: string, { missed, before }: ListCalls): Promise<CallsPage> {
    const calls = await this.#with.calls.listEnded(accountId, { missed, before }, CALLS_PAGE + 1);
    const usernameOf = (id: string) => this.#with.people.named(id).username;
    return {
      calls: calls.slice(0, CALLS_PAGE).map((call) => presentCall(call, accountId, usernameOf)),
      more: calls.length > CALLS_PAGE,
    };
  }

  /** How many calls the account has missed and seen neither in the list of calls nor in the conversation. */
  async countMissed(accountId: string): Promise<number> {
    const count = await this.#with.calls.countMissed(accountId);
    if (count > 0) this.#told.set(accountId, count);
    else this.#told.delete(accountId);
    return count;
  }

  /** The account has looked at its missed calls. */
  async markSeen(accountId: string): Promise<void> {
    await this.#with.calls.markSeen(accountId, this.#with.clock.now());
    this.#with.facts.publish('callsSeen', { accountId });
  }

  /** The badge of missed calls goes, on all devices of the account. */
  seen(accountId: string): Promise<void> {
    return this.#tellMissed(accountId);
  }

  /** The account has read, or written, something: what it missed may stand there. */
  async read(accountId: string): Promise<void> {
    const told = this.#told.get(accountId);
    if (told !== undefined && (await this.countMissed(accountId)) !== told) await this.#tellMissed(accountId);
  }

  /** A call has ended: those who missed it are told how many they have missed. */
  async ended(call: Call): Promise<void> {
    for (const leg of memberLegs(call)) {
      if (isMissedBy(call, leg)) await this.#tellMissed(leg.accountId);
    }
  }

  async #tellMissed(accountId: string): Promise<void> {
    const count = await this.countMissed(accountId);
    this.#with.notifier.toAccount(accountId, 'missedCalls', { count });
  }
}
