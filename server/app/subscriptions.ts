import { subscribeCalls } from '../calls/subscriptions.ts';
import type { FactBus } from '../fact-bus.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { subscribePeople } from '../presence/subscriptions.ts';
import type { Relay } from '../reach/relay.ts';
import { subscribeCallNotices } from '../signaling/call-notices.ts';
import type { Connections } from '../signaling/connections.ts';
import { subscribeConnections } from '../signaling/subscriptions.ts';
import type { Domain } from './domain.ts';

interface Given {
  domain: Domain;
  connections: Connections;
  relay: Relay | undefined;
  metrics: Metrics;
}

/**
 * Who hears of what is committed, in this order: the members of a call hear of its change before others see who is in a call;
 * people are gone before their calls end; and calls are hung up before connections close.
 */
export function subscribeAll(facts: FactBus, { domain, connections, relay, metrics }: Given): void {
  const { people, chat, calls, history, sessions } = domain;
  subscribeCallNotices(facts, { connections, people, chat });
  subscribePeople(facts, people);
  subscribeCalls(facts, { calls, history });
  subscribeConnections(facts, { connections, chat, sessions });
  metrics.subscribe(facts);
  facts.subscribe('callChanged', ({ before, call }) => {
    for (const { participantId, state } of call.legs.values()) {
      if (state === 'left' && before?.legs.get(participantId)?.state !== 'left') relay?.end(participantId);
    }
  });
}
