import { withdrawn } from '../calls/call-machine.ts';
import { memberLegs, presentCall, type Call } from '../calls/call.ts';
import type { ChatService } from '../chat/chat-service.ts';
import type { FactBus } from '../fact-bus.ts';
import type { Notifier } from '../notifier.ts';
import { deliver } from './subscriptions.ts';

interface Collaborators {
  connections: Notifier;
  people: { named(accountId: string): { username: string } };
  chat: Pick<ChatService, 'readersOf'>;
}

/** Tells the members of a call of each change: whole, and to each as it sees the call. Its end is an entry of its conversation. */
export function subscribeCallNotices(facts: FactBus, { connections, people, chat }: Collaborators): void {
  const tell = (call: Call, accountId: string) =>
    connections.toAccount(accountId, 'call', {
      call: presentCall(call, accountId, (id) => people.named(id).username),
    });
  facts.subscribe('callChanged', ({ call, effects, at }) => {
    for (const effect of effects) {
      if (effect.type === 'withdraw') tell(withdrawn(call, at), effect.accountId);
      if (effect.type !== 'announce') continue;
      for (const { accountId, hidden } of memberLegs(call)) if (!hidden) tell(call, accountId);
    }
  });
  facts.subscribe('callEnded', async ({ entry }) => {
    if (entry) await deliver(entry, { chat, connections });
  });
}
