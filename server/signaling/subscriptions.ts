import { CLOSE_SESSION_ENDED } from '#protocol/limits';
import { presentSelf } from '../accounts/account-service.ts';
import type { ChatService } from '../chat/chat-service.ts';
import type { StoredMessage } from '../chat/conversation.ts';
import type { FactBus } from '../fact-bus.ts';
import type { Notifier } from '../notifier.ts';
import type { SessionService } from '../sessions/session-service.ts';
import type { Connections } from './connections.ts';

interface Collaborators {
  connections: Connections;
  chat: ChatService;
  sessions: SessionService;
}

/** Which notice of which fact goes to whom; and with a session its connections end. */
export function subscribeConnections(facts: FactBus, { connections, chat, sessions }: Collaborators): void {
  facts.subscribe('messageStored', ({ connectionId, ...stored }) =>
    deliver(stored, { chat, connections }, connectionId),
  );
  facts.subscribe('readMarkMoved', ({ accountId, conversationId, seq, connectionId }) =>
    connections.toAccount(accountId, 'read', { conversationId, seq }, connectionId),
  );
  facts.subscribe('settingsChanged', ({ accountId, settings, connectionId }) =>
    connections.toAccount(accountId, 'settings', settings, connectionId),
  );
  facts.subscribe('accountChanged', ({ account }) =>
    connections.toAccount(account.id, 'selfChanged', { self: presentSelf(account) }),
  );
  facts.subscribe('emailChanged', async ({ account, by }) => {
    connections.toAccount(account.id, 'selfChanged', { self: account });
    const others = connections.ofAccount(account.id).filter(({ sessionId }) => sessionId !== by.sessionId);
    for (const connection of others) connection.notify('emailChanged', { email: account.email });
    await Promise.all(others.map(({ sessionId }) => sessions.takeEmailChange(sessionId)));
  });
  facts.subscribe('sessionEnded', ({ sessionId }) => {
    for (const connection of connections.all()) {
      if (connection.sessionId === sessionId) connection.close(CLOSE_SESSION_ENDED);
    }
  });
}

/** Sends a committed message to every connection of the members who see it, but for one. */
export async function deliver(
  stored: StoredMessage,
  { chat, connections }: { chat: Pick<ChatService, 'readersOf'>; connections: Notifier },
  connectionId?: string,
): Promise<void> {
  const { message } = stored;
  for (const { accountId, conversation } of await chat.readersOf(stored)) {
    connections.toAccount(accountId, 'message', { message, conversation }, connectionId);
  }
}
