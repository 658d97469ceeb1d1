import type { Presence } from '#protocol/people';
import { compareKeys, type Entry } from './directory.ts';

/** A place in the list of people: those online first, each group by name. */
export interface Place {
  online: boolean;
  key: string;
}

/** What one connection looks at. */
export interface View {
  /** The comparison form of what is searched for; empty for everyone. */
  search: string;
  /** The last row that was sent; null where the list was sent to its end. */
  last: Place | null;
  /** People that are looked at beside the list: those whose conversations are shown. */
  watched: Set<string>;
}

export const placeOf = (entry: Entry, presence: Presence): Place => ({
  online: presence !== 'offline',
  key: entry.key,
});

export function comparePlaces(a: Place, b: Place): number {
  if (a.online !== b.online) return a.online ? -1 : 1;
  return compareKeys(a.key, b.key);
}

/** Whether someone whose presence changed was in the view, is now, or is watched beside it. */
export function concerns(view: View, entry: Entry, before: Presence, after: Presence): boolean {
  if (view.watched.has(entry.id)) return true;
  if (!entry.key.includes(view.search)) return false;
  const { last } = view;
  return (
    last === null ||
    comparePlaces(placeOf(entry, before), last) <= 0 ||
    comparePlaces(placeOf(entry, after), last) <= 0
  );
}
