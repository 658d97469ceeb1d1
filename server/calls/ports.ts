import type { PageEnd } from '#protocol/common';
import type { CallSettings } from '#protocol/settings';
import type { StoredMessage } from '../chat/conversation.ts';
import type { Call } from './call.ts';

/** Where calls are kept. Every change is one conditional update, and whoever changes the row wins. */
export interface CallRepository {
  /** Adds a call. */
  add(call: Call): Promise<Stored | Collision>;
  /** Replaces the version before this one; `stale` where another event was faster. */
  save(call: Call): Promise<Stored | 'stale' | Collision>;
  find(id: string): Promise<Call | undefined>;
  /** The call of the conversation that has not ended. */
  findLive(conversationId: string): Promise<Call | undefined>;
  /** Every call that has not ended: what a restart takes up again. */
  listLive(): Promise<Call[]>;
  /** The account's calls that have ended and are not hidden from it, the latest first. */
  listEnded(
    accountId: string,
    which: { missed: boolean; before: PageEnd | undefined },
    limit: number,
  ): Promise<Call[]>;
  /** How many calls the account has missed since it last looked at the list, and not read of in the conversation. */
  countMissed(accountId: string): Promise<number>;
  markSeen(accountId: string, now: number): Promise<void>;
}

/** The change is committed; where it ended the call, so is the call's entry in the conversation. */
export interface Stored {
  entry: StoredMessage | null;
}

/** Where people's wishes about ringing are kept. */
export interface SettingsRepository {
  get(accountId: string): Promise<CallSettings>;
  set(accountId: string, settings: CallSettings): Promise<void>;
  listBlocked(accountId: string): Promise<string[]>;
  /** Every block that there is. */
  listBlocks(): Promise<{ accountId: string; blockedId: string }[]>;
  setBlocked(accountId: string, otherId: string, blocked: boolean): Promise<void>;
  /** What decides whether one person's call rings at another. */
  ringFacts(conversationId: string, callerId: string, calleeId: string, since: number): Promise<RingFacts>;
}

export interface RingFacts {
  settings: CallSettings;
  /** The callee has blocked the caller. */
  blocked: boolean;
  /** The caller has blocked the callee. */
  hasBlocked: boolean;
  /** The callee has written to the caller, and it arrived. */
  contact: boolean;
  /** Calls since then that the callee has neither answered nor followed by a word or a call of theirs. */
  unanswered: number;
}

/**
 * What the database refuses: an id that is there already, a second live call in one conversation, or a
 * second call for an account that is in one.
 */
export type Collision = 'same_id' | 'conversation_in_call' | 'account_in_call';

/** Is told of every change of a call, once it is committed. */
export interface CallObserver {
  /** `before` is undefined for a new call. */
  changed(before: Call | undefined, call: Call, now: number): void;
}

/** The rooms in which calls have their media. */
export interface Rooms {
  close(callId: string): void;
  /**
   * Tells the account's tab again which of the others' tracks there are: it missed some notices. False where
   * the account has no media in this call.
   */
  refresh(callId: string, accountId: string): boolean;
}

/** Which tabs are connected right now. */
export interface Tabs {
  isConnected(accountId: string, tab: string): boolean;
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
