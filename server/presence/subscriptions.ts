import { isAnswered } from '#protocol/rules';
import { legOf, memberLegs } from '../calls/call.ts';
import type { FactBus } from '../fact-bus.ts';
import type { PeopleService } from './people-service.ts';

/** Keeps the people in memory as they are in the database. */
export function subscribePeople(facts: FactBus, people: PeopleService): void {
  facts.subscribe('accountAdded', ({ account }) => people.add(account));
  facts.subscribe('accountChanged', ({ account: { id, username, disabledAt } }) =>
    people.update({ id, username, ...(disabledAt !== null && { gone: 'disabled' }) }),
  );
  facts.subscribe('accountDeleted', ({ account }) => people.update({ ...account, gone: 'deleted' }));
  facts.subscribe('blockChanged', ({ accountId, blockedId, blocked }) =>
    people.setBlocked(accountId, blockedId, blocked),
  );
  facts.subscribe('callChanged', ({ before, call }) => {
    for (const leg of memberLegs(call)) {
      const wasIn = before && legOf(before, leg.accountId);
      // A leg that only rings says nothing: its account may be in another call.
      if (isAnswered(leg)) people.setInCall(leg.accountId, true);
      else if (wasIn && isAnswered(wasIn)) people.setInCall(leg.accountId, false);
    }
  });
}
