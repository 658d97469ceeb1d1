import type { Self, SessionEnd } from '#protocol/account';
import { api, ApiError } from '../lib/api.ts';

/** Why nobody is signed in any more: by their own sign-out, because somebody ended the session, or because it expired. */
export type SessionOver = 'signed_out' | SessionEnd | 'expired';
export type OnOver = (why: SessionOver) => void;

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
      const { account, ended } = await api.currentSession();
      if (account?.id !== this.#account.id) this.#end(ended ?? 'expired');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Without a connection nothing is known, and whoever was signed in still is.
      if (error.code === 'not_signed_in') this.#end('expired');
    }
  }

  /** @throws {ApiError} the server could not be told, so the session is still there */
  async signOut(): Promise<void> {
    try {
      await api.signOut();
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'not_signed_in')) throw error;
    }
    this.#end('signed_out');
  }

  /** The account as another part of the app has learnt it from the server. */
  update(account: Self): void {
    this.#account = account;
  }

  #end(why: SessionOver): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver(why);
  }
}
