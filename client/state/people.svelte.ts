import { SvelteMap } from 'svelte/reactivity';
import type { PeoplePage, Person, Presence } from '#protocol/people';
import { comparePlaces, comparisonKey, placeOf } from '#protocol/rules';
import { idsOf } from '../lib/collections.ts';
import type { Signaling } from '../lib/signaling.ts';
import { reportMistake } from '../lib/mistakes.ts';

const SEARCH_PAUSE = 150;

const toPlace = ({ username, presence }: Person) => placeOf(comparisonKey(username), presence);
const byPlace = (a: Person, b: Person): number => comparePlaces(toPlace(a), toPlace(b));

/**
 * The list of everyone, as far as it was scrolled, or what a search found: the connection's *view*, which
 * the server keeps current. Also the directory of whose presence is known from anywhere.
 */
export class People {
  readonly #signaling: Signaling;
  readonly #known = new SvelteMap<string, Person>();
  #list = $state.raw<readonly Person[]>([]);
  #more = $state(false);
  #online = $state(0);
  #search = $state('');
  #loading = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the views; an answer to an older one is dropped. */
  #view = 0;

  constructor(signaling: Signaling) {
    this.#signaling = signaling;
    signaling.on({ personChanged: ({ person, online }) => this.#changed(person, online) });
  }

  get list(): readonly Person[] {
    return this.#list;
  }

  /** How many are online in all. */
  get online(): number {
    return this.#online;
  }

  get more(): boolean {
    return this.#more;
  }

  get loading(): boolean {
    return this.#loading;
  }

  get searchText(): string {
    return this.#search;
  }

  /** The person as last heard of. */
  find(id: string): Person | undefined {
    return this.#known.get(id);
  }

  presenceOf(person: Person): Presence {
    return this.#known.get(person.id)?.presence ?? person.presence;
  }

  /** The first page of everyone, from a snapshot. What was searched for is asked for again. */
  fill(page: PeoplePage): void {
    this.#online = page.online;
    this.learn(page.people);
    if (this.#search.trim()) {
      void this.#ask();
      return;
    }
    this.#view++;
    this.#loading = false;
    this.#list = page.people;
    this.#more = page.more;
  }

  /** Another epoch begins. */
  forget(): void {
    this.#known.clear();
    this.#list = [];
  }

  /** Notes people that came with something else, such as a conversation. */
  learn(people: readonly Person[]): void {
    for (const person of people) this.#known.set(person.id, person);
  }

  search(text: string): void {
    this.#search = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), SEARCH_PAUSE);
  }

  /** The next page, if there is one and none is on its way. */
  async loadMore(): Promise<void> {
    const last = this.#list.at(-1);
    if (!this.#more || this.#loading || !last) return;
    await this.#ask({ online: last.presence !== 'offline', username: last.username });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#view++;
  }

  #changed(person: Person, online: number): void {
    this.#online = online;
    this.#known.set(person.id, person);
    const rest = this.#list.filter(({ id }) => id !== person.id);
    const last = rest.at(-1);
    const beyond = this.#more && (!last || byPlace(person, last) > 0);
    const found = comparisonKey(person.username).includes(comparisonKey(this.#search.trim()));
    this.#list = beyond || !found || person.gone ? rest : [...rest, person].sort(byPlace);
  }

  async #ask(after?: { online: boolean; username: string }): Promise<void> {
    const view = ++this.#view;
    this.#loading = true;
    try {
      const search = this.#search.trim();
      const page = await this.#signaling.request('listPeople', { search, ...(after && { after }) });
      if (view !== this.#view) return;
      this.learn(page.people);
      const fresh = idsOf(page.people);
      const kept = after ? this.#list.filter(({ id }) => !fresh.has(id)) : [];
      this.#list = [...kept, ...page.people].sort(byPlace);
      this.#more = page.more;
      this.#online = page.online;
    } catch (error) {
      reportMistake(error);
      // The list stays as it was; the next snapshot, scroll or search asks again.
    } finally {
      if (view === this.#view) this.#loading = false;
    }
  }
}
