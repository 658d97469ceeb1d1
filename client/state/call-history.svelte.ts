import type { Call, CallsPage } from '#protocol/call';
import type { PageEnd } from '#protocol/common';
import { type CallRow, callRow, outcomeOf } from '../lib/call-outcome.ts';
import { idsOf, latestFirst } from '../lib/collections.ts';
import type { Signaling } from '../lib/signaling.ts';
import { reportMistake } from '../lib/mistakes.ts';

/** The calls that are over, the latest first, and how many were missed since one last looked. */
export class CallHistory {
  readonly #signaling: Signaling;
  readonly #selfId: string;
  #list = $state.raw<readonly CallRow[]>([]);
  #more = $state(false);
  #loading = $state(false);
  #failed = $state(false);
  #missed = $state(0);
  #missedOnly = $state(false);
  /** Whether the list was asked for; before that, nobody wants to know. */
  #wanted = false;
  #seen = false;
  /** Counts the views; an answer to an older one is dropped. */
  #view = 0;

  constructor(signaling: Signaling, selfId: string) {
    this.#signaling = signaling;
    this.#selfId = selfId;
    signaling.on({ missedCalls: ({ count }) => this.#setMissed(count) });
  }

  get list(): readonly CallRow[] {
    return this.#list;
  }

  /** Whether there are earlier calls than those loaded. */
  get more(): boolean {
    return this.#more;
  }

  get loading(): boolean {
    return this.#loading;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** How many were missed since one last looked. */
  get missed(): number {
    return this.#missed;
  }

  get missedOnly(): boolean {
    return this.#missedOnly;
  }

  /** A new connection. */
  fill(missed: number): void {
    this.#setMissed(missed);
    if (this.#wanted) void this.#ask();
  }

  /** Another epoch begins. */
  forget(): void {
    this.#list = [];
    this.#more = false;
  }

  /** Whether the list is before the person's eyes. */
  setSeen(seen: boolean): void {
    this.#seen = seen;
    this.#markSeen();
  }

  open(): void {
    this.#wanted = true;
    void this.#ask();
  }

  show(missedOnly: boolean): void {
    if (missedOnly === this.#missedOnly) return;
    this.#missedOnly = missedOnly;
    this.#list = [];
    this.#more = false;
    void this.#ask();
  }

  /** A call that has just ended. */
  ended(call: Call): void {
    if (this.#wanted) this.#merge([call]);
  }

  /** The next page, if there is one and none is on its way. */
  async loadMore(): Promise<void> {
    const last = this.#list.at(-1);
    if (this.#more && !this.#loading && last) await this.#ask(placeOf(last));
  }

  #setMissed(count: number): void {
    this.#missed = count;
    this.#markSeen();
  }

  async #ask(before?: PageEnd): Promise<void> {
    const view = ++this.#view;
    this.#loading = true;
    this.#failed = false;
    try {
      const page = await this.#signaling.request('listCalls', {
        missed: this.#missedOnly,
        ...(before && { before }),
      });
      if (view === this.#view) this.#take(page, before === undefined);
    } catch (error) {
      reportMistake(error);
      this.#failed = view === this.#view;
    } finally {
      if (view === this.#view) this.#loading = false;
    }
  }

  #take({ calls, more }: CallsPage, first: boolean): void {
    // After a time without connection there may be a gap between the first page and what was loaded.
    if (first) this.#list = [];
    this.#merge(calls);
    this.#more = more;
  }

  #merge(calls: readonly Call[]): void {
    const rows = calls
      .map((call) => callRow(call, this.#selfId))
      .filter((row) => row !== null)
      .filter((row) => !this.#missedOnly || outcomeOf(row.reason, row.outgoing) === 'missed');
    const fresh = idsOf(rows);
    const kept = this.#list.filter(({ id }) => !fresh.has(id));
    this.#list = [...kept, ...rows].sort((a, b) => latestFirst(placeOf(a), placeOf(b)));
  }

  #markSeen(): void {
    if (!this.#seen || this.#missed === 0) return;
    this.#missed = 0;
    // Lost with the connection, the next snapshot counts them again.
    this.#signaling.request('markCallsSeen', {}).catch(reportMistake);
  }
}

const placeOf = ({ id, startedAt }: CallRow): PageEnd => ({ time: startedAt, id });
