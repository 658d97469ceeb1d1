import type { Self } from '#protocol/account';
import { api, ApiError } from '../lib/api.ts';

/** Called when nobody is signed in any more; `ended` where that was not their own doing. */
export type OnOver = (ended: boolean) => void;

/** The account that is signed in on this browser, until it no longer is. */
export class Session {
  #account: Self;
  #over = false;
  readonly #onOver: OnOver;

  constructor(account: Self, onOver: OnOver) {
    this.#account = $state.raw(account);
    this.#onOver = onOver;
  }

  get account(): Self {
    return this.#account;
  }

  /** Asks the server whether the session is still there; called whenever there is doubt. */
  async check(): Promise<void> {
    try {
      const { account } = await api.currentSession();
      if (account?.id !== this.#account.id) this.#end(true);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Without a connection nothing is known, and whoever was signed in still is.
      if (error.code === 'not_signed_in') this.#end(true);
    }
  }

  /** @throws {ApiError} the server could not be told, so the session is still there */
  async signOut(): Promise<void> {
    try {
      await api.signOut();
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'not_signed_in')) throw error;
    }
    this.#end(false);
  }

  /** The account as another part of the app has learnt it from the server. */
  update(account: Self): void {
    this.#account = account;
  }

  #end(ended: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver(ended);
  }
}
