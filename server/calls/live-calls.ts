import { isEngaged, type Call } from './call.ts';

/** The calls that have not ended, as last committed. The database decides; this saves the asking. */
export class LiveCalls {
  readonly #byId = new Map<string, Call>();
  readonly #byAccount = new Map<string, Set<string>>();

  get(id: string): Call | undefined {
    return this.#byId.get(id);
  }

  /** Takes in a committed change; one that is older than what is known is ignored. */
  put(call: Call): void {
    const known = this.#byId.get(call.id);
    if (known && known.version > call.version) return;
    if (known) this.#remove(known);
    if (!call.end) this.#add(call);
  }

  /** The call that the account is in, or is calling with. */
  engagedIn(accountId: string): Call | undefined {
    return this.of(accountId).find(({ legs }) =>
      [...legs.values()].some((leg) => leg.accountId === accountId && isEngaged(leg)),
    );
  }

  /** Every live call that the account has a part in. */
  of(accountId: string): Call[] {
    return [...(this.#byAccount.get(accountId) ?? [])].flatMap((id) => this.#byId.get(id) ?? []);
  }

  all(): Call[] {
    return [...this.#byId.values()];
  }

  #add(call: Call): void {
    this.#byId.set(call.id, call);
    for (const { accountId } of call.legs.values()) {
      const own = this.#byAccount.get(accountId);
      if (own) own.add(call.id);
      else this.#byAccount.set(accountId, new Set([call.id]));
    }
  }

  #remove(call: Call): void {
    this.#byId.delete(call.id);
    for (const { accountId } of call.legs.values()) {
      const own = this.#byAccount.get(accountId);
      own?.delete(call.id);
      if (own?.size === 0) this.#byAccount.delete(accountId);
    }
  }
}
