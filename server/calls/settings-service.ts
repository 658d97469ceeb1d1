import type { Person } from '#protocol/people';
import type { CallSettings, Settings } from '#protocol/settings';
import { AppError } from '../errors.ts';
import type { Publisher } from '../fact-bus.ts';
import type { SettingsRepository } from './ports.ts';
import { Serial } from './serial.ts';

interface Collaborators {
  settings: SettingsRepository;
  people: { get(accountId: string, viewerId: string): Person };
  calls: {
    /** Resolves once the calls between the two have ended, or ring for the blocked one alone. */
    blocked(accountId: string, blockedId: string): Promise<void>;
  };
  facts: Publisher;
}

/** For whom and when one's devices ring. */
export class SettingsService {
  readonly #settings: SettingsRepository;
  readonly #people: Collaborators['people'];
  readonly #calls: Collaborators['calls'];
  readonly #facts: Publisher;
  /** A block and its end take effect in their order. */
  readonly #blocking = new Serial();

  constructor({ settings, people, calls, facts }: Collaborators) {
    this.#settings = settings;
    this.#people = people;
    this.#calls = calls;
    this.#facts = facts;
  }

  async get(accountId: string): Promise<Settings> {
    const blocked = await this.#settings.listBlocked(accountId);
    return {
      calls: await this.#settings.get(accountId),
      blocked: blocked.map((id) => this.#people.get(id, accountId)),
    };
  }

  async set(accountId: string, settings: CallSettings, connectionId: string): Promise<Settings> {
    await this.#settings.set(accountId, settings);
    return this.#publish(accountId, connectionId);
  }

  /** @throws {AppError} `not_found` for a person who is not there, `forbidden` for oneself. */
  block(accountId: string, otherId: string, blocked: boolean, connectionId: string): Promise<Settings> {
    return this.#blocking.run(accountId, () => this.#block(accountId, otherId, blocked, connectionId));
  }

  async #block(
    accountId: string,
    otherId: string,
    blocked: boolean,
    connectionId: string,
  ): Promise<Settings> {
    if (accountId === otherId) throw new AppError('forbidden', 'You cannot block yourself.');
    this.#people.get(otherId, accountId);
    await this.#settings.setBlocked(accountId, otherId, blocked);
    try {
      // A step of the block and no fact: only once the calls between them are over may the blocker go offline for the
      // other, who would otherwise know why a call ended.
      if (blocked) await this.#calls.blocked(accountId, otherId);
    } finally {
      this.#facts.publish('blockChanged', { accountId, blockedId: otherId, blocked });
    }
    return this.#publish(accountId, connectionId);
  }

  async #publish(accountId: string, connectionId: string): Promise<Settings> {
    const settings = await this.get(accountId);
    this.#facts.publish('settingsChanged', { accountId, settings, connectionId });
    return settings;
  }
}
