import type { FactBus } from '../fact-bus.ts';
import type { CallHistory } from './call-history.ts';
import type { CallService } from './call-service.ts';

/** What an account's sessions and reading mean for its calls. */
export function subscribeCalls(
  facts: FactBus,
  { calls, history }: { calls: CallService; history: CallHistory },
): void {
  facts.subscribe('accountChanged', ({ account }) => {
    if (account.disabledAt !== null) calls.accountGone(account.id);
  });
  facts.subscribe('accountDeleted', ({ account }) => calls.accountGone(account.id));
  facts.subscribe('sessionEnded', ({ sessionId }) => calls.sessionEnded(sessionId));
  // Who writes has read what stands above.
  facts.subscribe('messageStored', ({ message }) => history.read(message.senderId));
  facts.subscribe('callEnded', ({ call }) => history.ended(call));
  facts.subscribe('callsSeen', ({ accountId }) => history.seen(accountId));
  facts.subscribe('readMarkMoved', ({ accountId }) => history.read(accountId));
}
