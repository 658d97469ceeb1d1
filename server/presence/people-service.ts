import { PEOPLE_PAGE } from '#protocol/limits';
import type { ListPeople, PeoplePage, Person, Presence } from '#protocol/people';
import { comparisonKey, placeOf, type Place } from '#protocol/rules';
import { AppError } from '../errors.ts';
import type { Notifier } from '../notifier.ts';
import type { Blocks } from './blocks.ts';
import type { Directory, Entry, Name } from './directory.ts';
import { PresenceBook, type PresenceChange } from './presence.ts';
import { concerns, type View } from './view.ts';

interface Viewer {
  accountId: string;
  view: View;
}

/** Bounds what a connection costs; those watched longest ago are forgotten first. */
const WATCHED_AT_MOST = 500;

/** A list to its end would bring every change of everyone; before the first page nothing is looked at. */
const NOTHING_YET: Place = { online: true, key: '' };

/** Someone's presence before and after, for a viewer whom they have blocked. */
const OFFLINE = ['offline', 'offline'] as const;

/** The people: who there is, who is online, and telling each change to those who look, once. */
export class PeopleService {
  readonly #directory: Directory;
  readonly #blocks: Blocks;
  readonly #notifier: Notifier;
  readonly #presence = new PresenceBook();
  readonly #viewers = new Map<string, Viewer>();

  constructor({ directory, blocks, notifier }: { directory: Directory; blocks: Blocks; notifier: Notifier }) {
    this.#directory = directory;
    this.#blocks = blocks;
    this.#notifier = notifier;
  }

  /** How many people have a connection. */
  get online(): number {
    return this.#presence.online;
  }

  connect(accountId: string, connectionId: string): void {
    this.#viewers.set(connectionId, {
      accountId,
      view: { search: '', last: NOTHING_YET, watched: new Set() },
    });
    this.#announce(this.#presence.connect(accountId, connectionId));
  }

  disconnect(accountId: string, connectionId: string): void {
    this.#viewers.delete(connectionId);
    this.#announce(this.#presence.disconnect(accountId, connectionId));
  }

  setInCall(accountId: string, inCall: boolean): void {
    this.#announce(this.#presence.setInCall(accountId, inCall));
  }

  /** Someone has signed up. */
  add(account: { id: string; username: string }): void {
    const { id } = this.#directory.add(account);
    this.#announce({ accountId: id, before: 'offline', after: 'offline' });
  }

  /** Someone has another name, is gone, or is back: whoever had or has them in view is told. */
  update(account: Name): void {
    const { id } = account;
    const before = this.#directory.get(id);
    const after = this.#directory.replace(account);
    const presence = this.#presence.of(id);
    this.#tell(after, [before ?? after, after], { accountId: id, before: presence, after: presence });
  }

  /** Someone blocks another, who from then on sees them as offline; or no longer does. */
  setBlocked(accountId: string, blockedId: string, blocked: boolean): void {
    const before = this.#presenceFor(blockedId, accountId);
    this.#blocks.set(accountId, blockedId, blocked);
    const after = this.#presenceFor(blockedId, accountId);
    const entry = this.#directory.get(accountId);
    if (entry === undefined || before === after) return;
    for (const [connectionId, viewer] of this.#viewers) {
      if (viewer.accountId !== blockedId || !concerns(viewer.view, entry, before, after)) continue;
      this.#tellOne(connectionId, blockedId, entry);
    }
  }

  /** Who an account is, without its presence. @throws {AppError} `not_found`. */
  named(accountId: string): Name {
    const entry = this.#directory.get(accountId);
    if (entry === undefined) throw new AppError('not_found', 'There is no such person.');
    return entry;
  }

  /** Someone as another account sees them. @throws {AppError} `not_found`. */
  get(accountId: string, viewerId: string): Person {
    return present(this.named(accountId), this.#presenceFor(viewerId, accountId));
  }

  /** One page of the list, which becomes (or widens) what the connection looks at. */
  list(connectionId: string, { search, after }: ListPeople): PeoplePage {
    const viewer = this.#viewers.get(connectionId);
    if (viewer === undefined) throw new AppError('not_signed_in', 'This connection has ended.');
    const key = comparisonKey(search.trim());
    const start = after && { online: after.online, key: comparisonKey(after.username) };
    const rows = this.#rows(viewer.accountId, key, start);
    const more = rows.length > PEOPLE_PAGE;
    const page = rows.slice(0, PEOPLE_PAGE);
    const last = page.at(-1);
    viewer.view.search = key;
    viewer.view.last = more && last ? placeOf(last[0].key, last[1]) : null;
    return {
      people: page.map(([entry, presence]) => present(entry, presence)),
      more,
      online: this.#othersOnline(viewer.accountId),
    };
  }

  /** The connection looks at these people too, wherever they stand in the list: it shows a conversation with them. */
  watch(connectionId: string, accountIds: Iterable<string>): void {
    const watched = this.#viewers.get(connectionId)?.view.watched;
    if (!watched) return;
    for (const accountId of accountIds) watched.add(accountId);
    for (const oldest of watched) {
      if (watched.size <= WATCHED_AT_MOST) break;
      watched.delete(oldest);
    }
  }

  /** Up to one row more than a page holds, which tells that there are more. */
  #rows(viewerId: string, search: string, start: Place | undefined): [Entry, Presence][] {
    const rows: [Entry, Presence][] = [];
    for (const online of [true, false]) {
      if (online && start?.online === false) continue;
      for (const entry of this.#directory.from(start?.online === online ? start.key : undefined)) {
        const presence = this.#presenceFor(viewerId, entry.id);
        if (entry.gone || entry.id === viewerId) continue;
        if ((presence !== 'offline') !== online || !entry.key.includes(search)) continue;
        rows.push([entry, presence]);
        if (rows.length > PEOPLE_PAGE) return rows;
      }
    }
    return rows;
  }

  #announce(change: PresenceChange | undefined): void {
    const entry = change && this.#directory.get(change.accountId);
    if (change && entry) this.#tell(entry, [entry], change);
  }

  /**
   * Tells those who have one of these in view: the entry as it was, and as it is. Viewers whom nobody has blocked get the
   * same notice; each of the others gets one that counts without those who have blocked them.
   */
  #tell(entry: Entry, entries: readonly Entry[], { before, after }: PresenceChange): void {
    const lookers: string[] = [];
    for (const [connectionId, { accountId, view }] of this.#viewers) {
      if (accountId === entry.id) continue;
      const blockers = this.#blocks.blockersOf(accountId);
      const isBlocked = blockers.has(entry.id);
      // Only the presence changed, which they do not see.
      if (isBlocked && before !== after) continue;
      const [seenBefore, seenAfter] = isBlocked ? OFFLINE : [before, after];
      if (!entries.some((one) => concerns(view, one, seenBefore, seenAfter))) continue;
      if (blockers.size === 0) lookers.push(connectionId);
      else this.#tellOne(connectionId, accountId, entry);
    }
    const person = present(entry, after);
    this.#notifier.toConnections(lookers, 'personChanged', { person, online: this.#countOthersOnline() });
  }

  #tellOne(connectionId: string, viewerId: string, entry: Entry): void {
    this.#notifier.toConnections([connectionId], 'personChanged', {
      person: present(entry, this.#presenceFor(viewerId, entry.id)),
      online: this.#othersOnline(viewerId),
    });
  }

  /** Someone who has blocked the viewer is offline for them, whatever they do. */
  #presenceFor(viewerId: string, accountId: string): Presence {
    return this.#blocks.blockersOf(viewerId).has(accountId) ? 'offline' : this.#presence.of(accountId);
  }

  #othersOnline(viewerId: string): number {
    let online = this.#countOthersOnline();
    for (const blocker of this.#blocks.blockersOf(viewerId)) {
      if (this.#presence.of(blocker) !== 'offline') online -= 1;
    }
    return Math.max(0, online);
  }

  /** For a viewer, who is online and is not counted. */
  #countOthersOnline(): number {
    return Math.max(0, this.#presence.online - 1);
  }
}

function present({ id, username, gone }: Name, presence: Presence): Person {
  return { id, username, presence, ...(gone && { gone }) };
}
