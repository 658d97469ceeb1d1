import type { Call } from './call.ts';

/** Where calls are kept. Every change is one conditional update, and whoever changes the row wins. */
export interface CallRepository {
  /** Adds a call. */
  add(call: Call): Promise<'added' | Collision>;
  /** Replaces the version before this one; `stale` where another event was faster. */
  save(call: Call): Promise<'saved' | 'stale' | Collision>;
  find(id: string): Promise<Call | undefined>;
  /** The call of the conversation that has not ended. */
  findLive(conversationId: string): Promise<Call | undefined>;
  /** Every call that has not ended: what a restart takes up again. */
  listLive(): Promise<Call[]>;
}

/**
 * What the database refuses: an id that is there already, a second live call in one conversation, or a
 * second call for an account that is in one.
 */
export type Collision = 'same_id' | 'conversation_in_call' | 'account_in_call';

/** The rooms in which calls have their media. */
export interface Rooms {
  close(callId: string): void;
  /** Whether the account's media in this call is connected. */
  isUp(callId: string, accountId: string): boolean;
  /**
   * Tells the account's tab again which of the others' tracks there are: it missed some notices. False where
   * the account has no media in this call.
   */
  refresh(callId: string, accountId: string): boolean;
}

/** Time, which tests make pass faster. */
export interface Clock {
  now(): number;
  /** Calls back after some milliseconds, unless cancelled. */
  after(milliseconds: number, callback: () => void): { cancel(): void };
}

/** The clock on the wall. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
};
