import type { Self, SignIn, SignUp } from '#protocol/account';
import { api, ApiError } from '../lib/api.ts';
import { load, save } from '../lib/storage.ts';

/** Who is signed in on this browser. */
export class Session {
  #account = $state.raw<Self | null>(null);
  #known = $state(false);
  #unreachable = $state(false);
  #ended = $state(false);

  get account(): Self | null {
    return this.#account;
  }

  /** Whether the server has told who is signed in. */
  get known(): boolean {
    return this.#known;
  }

  /** Whether the first question could not be asked. */
  get unreachable(): boolean {
    return this.#unreachable;
  }

  /** Whether the session ended by itself: elsewhere, or by time. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether someone was signed in here when the page was last open; lets the app load ahead of the answer. */
  get probable(): boolean {
    return load<boolean>('signed-in') ?? false;
  }

  /** Asks the server who is signed in; called at the start and whenever there is doubt. */
  async check(): Promise<void> {
    try {
      const { account } = await api.currentSession();
      if (!account && this.#account) this.#ended = true;
      this.#set(account);
      this.#unreachable = false;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'not_signed_in') this.#set(null);
      else if (!this.#known) this.#unreachable = true;
    }
  }

  /** @throws {ApiError} */
  async signUp(data: SignUp): Promise<void> {
    this.#set((await api.signUp(data)).account);
  }

  /** @throws {ApiError} */
  async signIn(data: SignIn): Promise<void> {
    this.#set((await api.signIn(data)).account);
  }

  /** @throws {ApiError} the server could not be told, so the session is still there */
  async signOut(): Promise<void> {
    try {
      await api.signOut();
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'not_signed_in')) throw error;
    }
    this.#set(null);
    this.#ended = false;
  }

  /** The account as another part of the app has learnt it from the server. */
  update(account: Self): void {
    this.#set(account);
  }

  #set(account: Self | null): void {
    if (account) this.#ended = false;
    this.#account = account;
    this.#known = true;
    save('signed-in', account !== null);
  }
}
