import type { CallSettings, Settings as Stored } from '#protocol/settings';
import type { Signaling } from '../lib/signaling.ts';
import { reportMistake } from '../lib/mistakes.ts';

/** For whom, and when, this account's devices ring, and whom it has blocked. */
export class Settings {
  readonly #signaling: Signaling;
  readonly #onFault: () => void;
  #stored = $state.raw<Stored | null>(null);
  #failed = $state(false);
  /** Counts what was asked; only the last answer is the truth. */
  #asked = 0;

  constructor(signaling: Signaling, onFault: () => void) {
    this.#signaling = signaling;
    this.#onFault = onFault;
    // Changed on another connection of one's own.
    signaling.on({ settings: (stored) => (this.#stored = stored) });
  }

  /** Null until they have come. */
  get calls(): CallSettings | null {
    return this.#stored?.calls ?? null;
  }

  get blocked(): Stored['blocked'] {
    return this.#stored?.blocked ?? [];
  }

  /** Whether they could not be loaded. */
  get failed(): boolean {
    return this.#failed;
  }

  get doNotDisturb(): boolean {
    return this.#stored?.calls.doNotDisturb ?? false;
  }

  isBlocked(accountId: string): boolean {
    return this.blocked.some(({ id }) => id === accountId);
  }

  /** Asks for them; on every new connection, for they may have changed meanwhile. */
  async load(): Promise<void> {
    this.#failed = false;
    try {
      await this.#ask(() => this.#signaling.request('getSettings', {}));
    } catch (error) {
      reportMistake(error);
      this.#failed = this.#stored === null;
    }
  }

  /** Shown at once; where the server does not take it, as it was. */
  async change(part: Partial<CallSettings>): Promise<void> {
    const before = this.#stored;
    if (!before) return;
    const calls = { ...before.calls, ...part };
    this.#stored = { ...before, calls };
    await this.#do(() => this.#signaling.request('setCallSettings', calls), before);
  }

  /** Blocks a person, or no longer. They are not told. */
  async block(accountId: string, blocked: boolean): Promise<void> {
    await this.#do(() => this.#signaling.request('block', { accountId, blocked }), this.#stored);
  }

  async #do(request: () => Promise<Stored>, before: Stored | null): Promise<void> {
    try {
      await this.#ask(request);
    } catch (error) {
      reportMistake(error);
      this.#stored = before;
      this.#onFault();
    }
  }

  async #ask(request: () => Promise<Stored>): Promise<void> {
    const asked = ++this.#asked;
    const stored = await request();
    if (asked === this.#asked) this.#stored = stored;
  }
}
