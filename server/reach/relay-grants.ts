import { RelaySlots } from './relay-slots.ts';

interface Request {
  /** The call or call check that the relay is for. */
  scope: string;
  accountId: string;
  /** The client's, where it is known. */
  address: string | undefined;
  /** In seconds. */
  lifetime: number;
  /** Makes the user name for a slot and the second when it expires. */
  nameOf: (slot: string, expiry: number) => string;
}

interface Grant {
  readonly slot: string;
  /** By user name, the second when it expires. */
  readonly names: Map<string, number>;
}

/**
 * Who may use the relay, for what, and under which user names. When the call or check is over, its names are dead; they
 * are kept while clients could still make allocations with them.
 */
export class RelayGrants {
  readonly #slots = new RelaySlots();
  /** By scope, then by account. */
  readonly #live = new Map<string, Map<string, Grant>>();
  readonly #dead = new Map<string, number>();

  /** A user name that no other grant has. */
  issue({ scope, accountId, address, lifetime, nameOf }: Request, now = Date.now()): string {
    const accounts = this.#live.get(scope) ?? new Map<string, Grant>();
    this.#live.set(scope, accounts);
    const grant = accounts.get(accountId) ?? {
      slot: this.#slots.take(accountId, address),
      names: new Map<string, number>(),
    };
    accounts.set(accountId, grant);
    let expiry = Math.floor(now / 1000) + lifetime;
    let name = nameOf(grant.slot, expiry);
    // Accounts share slots, and one name would be alive for one of them and dead for the other.
    while (this.#isTaken(name)) name = nameOf(grant.slot, (expiry += 1));
    grant.names.set(name, expiry);
    return name;
  }

  /** The call or check is over; whether anybody had the relay for it. */
  end(scope: string): boolean {
    for (const [accountId, { names }] of this.#live.get(scope) ?? []) {
      this.#slots.release(accountId);
      for (const [name, expiry] of names) this.#dead.set(name, expiry);
    }
    return this.#live.delete(scope);
  }

  /** The names whose allocations are to end. */
  dead(): ReadonlySet<string> {
    return new Set(this.#dead.keys());
  }

  /** Forgets the dead names that expired before this time, in milliseconds. */
  forget(before: number): void {
    for (const [name, expiry] of this.#dead) if (expiry * 1000 < before) this.#dead.delete(name);
  }

  #isTaken(name: string): boolean {
    if (this.#dead.has(name)) return true;
    for (const accounts of this.#live.values())
      for (const { names } of accounts.values()) if (names.has(name)) return true;
    return false;
  }
}
