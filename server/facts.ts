import type { Self } from '#protocol/account';
import type { Message } from '#protocol/chat';
import type { Settings } from '#protocol/settings';
import type { Account } from './accounts/account.ts';
import type { Effect } from './calls/call-events.ts';
import type { Call } from './calls/call.ts';
import type { StoredMessage } from './chat/conversation.ts';
import type { Identity } from './sessions/session.ts';

/**
 * What the server has committed, by name and as plain data. `connectionId` names the connection that asked for the
 * change: it has the answer, and needs no notice.
 */
export interface Facts {
  /** Somebody wrote a message. Where `senderOnly`, the other members do not see it. */
  messageStored: { message: Message; senderOnly: boolean; connectionId: string };
  /** A member has read up to `seq`. */
  readMarkMoved: { accountId: string; conversationId: string; seq: number; connectionId: string };

  /**
   * A call is new, where `before` is undefined, or has changed; `at` is the time of the change, `effects` what the call's machine
   * wants done about it.
   */
  callChanged: { before: Call | undefined; call: Call; effects: readonly Effect[]; at: number };
  /** A call has ended; `entry` is what it left in its conversation. Follows the `callChanged` of the same commit. */
  callEnded: { call: Call; entry: StoredMessage | null };
  /** An account has looked at its list of calls. */
  callsSeen: { accountId: string };

  accountAdded: { account: Pick<Account, 'id' | 'username'> };
  /** An admin has given an account another role, or has disabled or enabled it. */
  accountChanged: { account: Self & Pick<Account, 'disabledAt'> };
  /** Under this username a deleted account stays in the conversations of others. */
  accountDeleted: { account: Pick<Account, 'id' | 'username'> };
  /** The session `by` has changed the email address of its account. */
  emailChanged: { account: Self; by: Identity };
  sessionEnded: { sessionId: string };

  /** When and for whom an account's devices ring, or whom it has blocked. */
  settingsChanged: { accountId: string; settings: Settings; connectionId: string };
  /** An account has blocked another, or no longer does. */
  blockChanged: { accountId: string; blockedId: string; blocked: boolean };
}

export type FactName = keyof Facts;

/** Hears of a fact; what it throws or rejects with is logged. */
export type Subscriber<N extends FactName> = (data: Facts[N]) => void | Promise<void>;
