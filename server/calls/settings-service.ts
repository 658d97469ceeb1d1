import type { Person } from '#protocol/people';
import type { CallSettings, Settings } from '#protocol/settings';
import { AppError } from '../errors.ts';
import type { Notifier } from '../notifier.ts';
import type { SettingsRepository } from './ports.ts';
import { Serial } from './serial.ts';

interface Collaborators {
  settings: SettingsRepository;
  people: { get(accountId: string, viewerId: string): Person };
  notifier: Notifier;
  /** Called when someone blocks another, or no longer does. */
  onBlocked: (accountId: string, blockedId: string, blocked: boolean) => Promise<void>;
}

/** For whom and when one's devices ring: each change is told to all of them. */
export class SettingsService {
  readonly #settings: SettingsRepository;
  readonly #people: Collaborators['people'];
  readonly #notifier: Notifier;
  readonly #onBlocked: Collaborators['onBlocked'];
  /** A block and its end take effect in their order. */
  readonly #blocking = new Serial();

  constructor({ settings, people, notifier, onBlocked }: Collaborators) {
    this.#settings = settings;
    this.#people = people;
    this.#notifier = notifier;
    this.#onBlocked = onBlocked;
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
    return this.#tell(accountId, connectionId);
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
    await this.#onBlocked(accountId, otherId, blocked);
    return this.#tell(accountId, connectionId);
  }

  async #tell(accountId: string, connectionId: string): Promise<Settings> {
    const settings = await this.get(accountId);
    this.#notifier.toAccount(accountId, 'settings', settings, connectionId);
    return settings;
  }
}
