import type { Person } from '#protocol/people';
import { compareKeys, comparisonKey } from '#protocol/rules';

/** An account as the list of people needs it. */
export interface Entry {
  readonly id: string;
  readonly username: string;
  /** The username's comparison form: what is sorted by and searched in. */
  readonly key: string;
  /** Not in the list, but in the conversations that there are. */
  readonly gone?: Person['gone'];
}

/** What an entry is made of. */
export type Name = Omit<Entry, 'key'>;

/**
 * The names of all accounts, sorted, in memory: about 200 bytes each. Listing and searching happen with
 * every connection and every letter typed, and must not wait for the database.
 */
export class Directory {
  readonly #byId = new Map<string, Entry>();
  readonly #sorted: Entry[] = [];

  constructor(accounts: Iterable<Name>) {
    for (const account of accounts) {
      const entry = toEntry(account);
      this.#byId.set(entry.id, entry);
      this.#sorted.push(entry);
    }
    this.#sorted.sort((a, b) => compareKeys(a.key, b.key));
  }

  get(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  add(account: Name): Entry {
    const entry = toEntry(account);
    this.#byId.set(entry.id, entry);
    this.#sorted.splice(this.#firstAfter(entry.key), 0, entry);
    return entry;
  }

  /** Someone has another name, is gone, or is back. */
  replace(account: Name): Entry {
    const before = this.#byId.get(account.id);
    if (before) this.#sorted.splice(this.#sorted.indexOf(before), 1);
    return this.add(account);
  }

  /** The entries by name, from the first whose key is greater than `after`. */
  *from(after: string | undefined): Iterable<Entry> {
    for (
      let index = after === undefined ? 0 : this.#firstAfter(after);
      index < this.#sorted.length;
      index++
    ) {
      const entry = this.#sorted[index];
      if (entry !== undefined) yield entry;
    }
  }

  /** Binary search for the first index whose key is greater. */
  #firstAfter(key: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#sorted[middle]?.key ?? '', key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function toEntry({ id, username, gone }: Name): Entry {
  return { id, username, key: comparisonKey(username), ...(gone && { gone }) };
}
