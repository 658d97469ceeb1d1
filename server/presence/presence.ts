import type { Presence } from '#protocol/people';

/** What an event changed: someone's presence before and after it. */
export interface PresenceChange {
  accountId: string;
  before: Presence;
  after: Presence;
}

/**
 * Who is reachable on which connections, and who is in a call. Several connections of a person are one
 * person: only the first to come and the last to go change anything. Pure bookkeeping: nothing is sent here.
 */
export class PresenceBook {
  readonly #connections = new Map<string, Set<string>>();
  readonly #inCall = new Set<string>();

  /** How many people have a connection. */
  get online(): number {
    return this.#connections.size;
  }

  of(accountId: string): Presence {
    if (!this.#connections.has(accountId)) return 'offline';
    return this.#inCall.has(accountId) ? 'in_call' : 'online';
  }

  connect(accountId: string, connectionId: string): PresenceChange | undefined {
    return this.#change(accountId, () => {
      const connections = this.#connections.get(accountId);
      if (connections) connections.add(connectionId);
      else this.#connections.set(accountId, new Set([connectionId]));
    });
  }

  disconnect(accountId: string, connectionId: string): PresenceChange | undefined {
    return this.#change(accountId, () => {
      const connections = this.#connections.get(accountId);
      connections?.delete(connectionId);
      if (connections?.size === 0) this.#connections.delete(accountId);
    });
  }

  setInCall(accountId: string, inCall: boolean): PresenceChange | undefined {
    return this.#change(accountId, () => {
      if (inCall) this.#inCall.add(accountId);
      else this.#inCall.delete(accountId);
    });
  }

  #change(accountId: string, act: () => void): PresenceChange | undefined {
    const before = this.of(accountId);
    act();
    const after = this.of(accountId);
    return before === after ? undefined : { accountId, before, after };
  }
}
