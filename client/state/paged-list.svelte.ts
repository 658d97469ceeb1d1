import { ApiError } from '../lib/api.ts';

export interface ListPage<T> {
  rows: readonly T[];
  more: boolean;
}

/** A list that comes page by page. */
export class PagedList<T extends { id: string | number }> {
  readonly #ask: (last: T | undefined) => Promise<ListPage<T>>;
  #rows = $state.raw<readonly T[] | null>(null);
  #more = $state(false);
  #fault = $state.raw<ApiError | null>(null);
  #loading = false;
  /** Behind which row the page stands that was asked for last. */
  #asked: T | undefined;
  /** Counts the lists; an answer to an older one is dropped. */
  #list = 0;

  /** `ask` gets the page behind this row, or the first. */
  constructor(ask: (last: T | undefined) => Promise<ListPage<T>>) {
    this.#ask = ask;
  }

  /** Null until the first page has come. */
  get rows(): readonly T[] | null {
    return this.#rows;
  }

  get more(): boolean {
    return this.#more;
  }

  /** Why the last page could not be had. */
  get fault(): ApiError | null {
    return this.#fault;
  }

  /** Begins anew. What is shown stays until the new first page is there. */
  async reload(): Promise<void> {
    this.#list++;
    this.#loading = false;
    await this.#load(undefined);
  }

  /** Asks again for what could not be had. */
  async retry(): Promise<void> {
    await this.#load(this.#asked);
  }

  async loadMore(): Promise<void> {
    const last = this.#rows?.at(-1);
    if (this.#more && !this.#loading && last) await this.#load(last);
  }

  /** Puts a row that was made here before the others. */
  prepend(row: T): void {
    this.#change((rows) => [row, ...rows]);
  }

  /** Shows what has become of a row, where it is shown. */
  patch(id: T['id'], change: Partial<T>): void {
    this.#change((rows) => rows.map((row) => (row.id === id ? { ...row, ...change } : row)));
  }

  remove(id: T['id']): void {
    this.#change((rows) => rows.filter((row) => row.id !== id));
    if (this.#more && this.#rows?.length === 0) void this.reload();
  }

  #change(change: (rows: readonly T[]) => readonly T[]): void {
    if (this.#rows) this.#rows = change(this.#rows);
  }

  async #load(last: T | undefined): Promise<void> {
    const list = this.#list;
    this.#asked = last;
    this.#loading = true;
    this.#fault = null;
    try {
      const { rows, more } = await this.#ask(last);
      if (list !== this.#list) return;
      this.#rows = last ? [...(this.#rows ?? []), ...rows] : rows;
      this.#more = more;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (list === this.#list) this.#fault = error;
    } finally {
      if (list === this.#list) this.#loading = false;
    }
  }
}
