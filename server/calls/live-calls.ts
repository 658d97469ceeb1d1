import { isEngaged, type Call } from './call.ts';

/** The calls that have not ended, as last committed. The database decides; this saves the asking. */
export class LiveCalls {
  readonly #byId = new Map<string, Call>();
  readonly #engaged = new Map<string, string>();

  get(id: string): Call | undefined {
    return this.#byId.get(id);
  }

  /** Takes a committed change in; an older one than is known already is ignored. */
  put(call: Call): void {
    const known = this.#byId.get(call.id);
    if (known && known.version > call.version) return;
    for (const accountId of known?.legs.keys() ?? []) {
      if (this.#engaged.get(accountId) === call.id) this.#engaged.delete(accountId);
    }
    if (call.end) {
      this.#byId.delete(call.id);
      return;
    }
    this.#byId.set(call.id, call);
    for (const leg of call.legs.values()) if (isEngaged(leg)) this.#engaged.set(leg.accountId, call.id);
  }

  /** The call that the account is in, or is calling with. */
  engagedIn(accountId: string): Call | undefined {
    const id = this.#engaged.get(accountId);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** Every live call that the account has a part in. */
  of(accountId: string): Call[] {
    return [...this.#byId.values()].filter((call) => call.legs.has(accountId));
  }

  all(): Call[] {
    return [...this.#byId.values()];
  }
}
