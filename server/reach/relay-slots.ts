import { networkOf, wideNetworkOf } from '../ip-address.ts';

/** How many accounts of one network have an allocation quota for themselves; more accounts share these. */
export const SLOTS = 16;
/** The same for an IPv6 /48, whose /64s could otherwise each have their own. */
export const WIDE_SLOTS = 32;

/** One quota of allocations, which coturn counts by this name. */
interface Slot {
  readonly name: string;
  readonly network: string;
  /** How many accounts use it now. */
  accounts: number;
}

interface Use {
  readonly slot: Slot;
  grants: number;
}

/**
 * Whose allocations are counted together. Coturn has one quota by user name; an account has one name at a time, so the
 * quota binds accounts, and a network has a fixed number of names, so it binds networks as well. The names of a network
 * are the same each time: allocations that are left over from before still count.
 */
export class RelaySlots {
  readonly #uses = new Map<string, Use>();
  /** By the wider network: the slots in use, each at its number. */
  readonly #pools = new Map<string, Map<number, Slot>>();

  /**
   * The name for an account that is granted the relay once more; while it has a grant, the name stays the same.
   *
   * @param address The client's; undefined where it is not known, and then the account is counted alone.
   */
  take(accountId: string, address: string | undefined): string {
    let use = this.#uses.get(accountId);
    if (!use) {
      use = { slot: this.#choose(accountId, address), grants: 0 };
      use.slot.accounts += 1;
      this.#uses.set(accountId, use);
    }
    use.grants += 1;
    return use.slot.name;
  }

  /** One grant of the account has ended. */
  release(accountId: string): void {
    const use = this.#uses.get(accountId);
    if (!use) return;
    use.grants -= 1;
    if (use.grants > 0) return;
    this.#uses.delete(accountId);
    use.slot.accounts -= 1;
    for (const [wide, pool] of this.#pools) {
      for (const [number, slot] of pool) if (slot.accounts === 0) pool.delete(number);
      if (pool.size === 0) this.#pools.delete(wide);
    }
  }

  #choose(accountId: string, address: string | undefined): Slot {
    if (address === undefined) return { name: `account ${accountId}`, network: '', accounts: 0 };
    const network = networkOf(address);
    const wide = wideNetworkOf(address);
    const pool = this.#pools.get(wide) ?? new Map<number, Slot>();
    this.#pools.set(wide, pool);
    const all = [...pool.values()];
    const own = all.filter((slot) => slot.network === network);
    if (own.length >= SLOTS || all.length >= WIDE_SLOTS) {
      return (own.length > 0 ? own : all).reduce((least, slot) =>
        slot.accounts < least.accounts ? slot : least,
      );
    }
    let number = 0;
    while (pool.has(number)) number += 1;
    const slot: Slot = { name: `${wide} ${number}`, network, accounts: 0 };
    pool.set(number, slot);
    return slot;
  }
}
