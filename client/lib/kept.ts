import { forget, keysOf } from './storage.ts';

/** What this browser keeps of an account's words: drafts, and messages on their way. */
const KINDS = ['draft', 'outbox'];

/** Leaves nothing of the account's words on a computer that others may use. */
export function forgetWords(accountId: string): void {
  for (const kind of KINDS) for (const key of keysOf(`${kind}:${accountId}:`)) forget(key);
}
