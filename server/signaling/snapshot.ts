import type { Snapshot } from '#protocol/methods';
import { presentSelf, type AccountService } from '../accounts/account-service.ts';
import type { Connection } from './connection.ts';
import type { Services } from './methods.ts';

/**
 * How everything stands for one connection: its first notice. What happens while it is put together is held
 * back and follows it, so nothing is missed.
 */
export async function presentSnapshot(
  { id, accountId }: Connection,
  {
    accounts,
    build,
    epoch,
    goesOnFor,
    people,
    chat,
    calls,
    history,
  }: Services & { accounts: AccountService; build: string; epoch: string; goesOnFor: number },
): Promise<Snapshot> {
  const self = presentSelf(await accounts.get(accountId));
  const conversations = await chat.list(accountId, {});
  const missedCalls = await history.countMissed(accountId);
  const unread = await chat.countUnread(accountId);
  people.watch(
    id,
    conversations.conversations.flatMap((conversation) => conversation.people.map((one) => one.id)),
  );
  return {
    now: Date.now(),
    build,
    epoch,
    goesOnFor,
    self,
    conversations,
    unread,
    people: people.list(id, { search: '' }),
    calls: calls.liveOf(accountId),
    missedCalls,
  };
}
