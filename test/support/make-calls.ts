import type { Call } from '#protocol/call';
import { DEADLINES } from '../../server/calls/call-events.ts';
import { CallMedia } from '../../server/calls/call-media.ts';
import { CallService } from '../../server/calls/call-service.ts';
import { Callees } from '../../server/calls/callees.ts';
import { systemClock, type Clock, type Media } from '../../server/calls/ports.ts';
import { SqlCallRepository } from '../../server/db/call-repository.ts';
import type { Database } from '../../server/db/database.ts';
import { SqlSettingsRepository } from '../../server/db/settings-repository.ts';
import { FactBus } from '../../server/fact-bus.ts';
import { createLogger } from '../../server/logger.ts';
import type { Notifier } from '../../server/notifier.ts';
import type { Name } from '../../server/presence/directory.ts';
import { subscribeCallNotices } from '../../server/signaling/call-notices.ts';

interface Settings {
  database: Database;
  clock?: Clock;
  isConnected?: (tab: string) => boolean;
  media?: ConstructorParameters<typeof CallMedia>[0]['media'];
  /** An account is told of a call. */
  onCall?: (accountId: string, call: Call) => void;
}

/** Rooms that hold nothing. */
export const NO_MEDIA: Pick<Media, 'refresh' | 'activate' | 'leave' | 'close' | 'onEvent'> = {
  refresh: () => Promise.resolve(false),
  activate: () => Promise.resolve(),
  leave: () => Promise.resolve(),
  close: () => Promise.resolve(),
  onEvent: () => undefined,
};

/** The real call service on a real database, without sockets and media; everyone is called by their id. */
export function makeCalls({
  database,
  clock = systemClock,
  isConnected = () => true,
  media = NO_MEDIA,
  onCall = () => undefined,
}: Settings): { calls: CallService; facts: FactBus } {
  const logger = createLogger('error');
  const facts = new FactBus({ logger });
  const people = { named: (id: string): Name => ({ id, username: id }) };
  const notifier: Notifier = {
    toAccount: (accountId, notice, data) => {
      if (notice === 'call') onCall(accountId, (data as { call: Call }).call);
    },
    toTab: () => undefined,
    toConnections: () => undefined,
  };
  const settings = new SqlSettingsRepository(database);
  const calls = new CallService({
    calls: new SqlCallRepository(database),
    callees: new Callees({ settings, people, clock, rateLimitFactor: 1 }),
    settings,
    people,
    tabs: { isConnected: (_accountId, tab) => isConnected(tab) },
    facts,
    clock,
    deadlines: DEADLINES,
    logger,
  });
  new CallMedia({ media, calls, notifier, facts, logger });
  subscribeCallNotices(facts, {
    connections: notifier,
    people,
    chat: { readersOf: () => Promise.resolve([]) },
  });
  return { calls, facts };
}
