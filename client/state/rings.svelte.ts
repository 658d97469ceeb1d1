import { SvelteMap } from 'svelte/reactivity';
import type { Call } from '#protocol/call';
import { RINGING_MAX } from '#protocol/limits';
import { type RingManner, ringManner } from '../lib/ring.ts';
import { loadForTab, openChannel, saveForTab } from '../lib/storage.ts';

const KEY = 'rings';
/** How many are remembered over a reload. */
const KEPT = 20;

/** How each call that rang was shown in this tab; a reload changes nothing of it. */
export class Rings {
  readonly #manners = new SvelteMap<string, RingManner>(
    (loadForTab(KEY) as [string, RingManner][] | null) ?? [],
  );
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  /** The other tabs of this device: what is ignored in one rings in none. */
  readonly #tabs = openChannel('ignored', (id) => this.#set(id, 'ignored'));

  mannerOf(call: Call): RingManner | undefined {
    return this.#manners.get(call.id);
  }

  /** This device learns of a ring; `now` is the server's clock. */
  learn(call: Call, now: number): void {
    if (!this.#manners.has(call.id)) this.#set(call.id, ringManner(call.createdAt, now));
    // Without a connection nobody tells this device that the caller has given up: no ring goes on for ever.
    const left = Math.max(0, call.createdAt + RINGING_MAX - now);
    this.#timers.push(setTimeout(() => this.#set(call.id, 'ignored'), left));
  }

  ignore(call: Call): void {
    this.#set(call.id, 'ignored');
    this.#tabs.post(call.id);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#tabs.close();
  }

  #set(id: string, manner: RingManner): void {
    this.#manners.set(id, manner);
    saveForTab(KEY, [...this.#manners].slice(-KEPT));
  }
}
