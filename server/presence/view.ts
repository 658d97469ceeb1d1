import type { Presence } from '#protocol/people';
import { comparePlaces, placeOf, type Place } from '#protocol/rules';
import type { Entry } from './directory.ts';

/** What one connection looks at. */
export interface View {
  /** The comparison form of what is searched for; empty for everyone. */
  search: string;
  /** The last row that was sent; null where the list was sent to its end. */
  last: Place | null;
  /** People that are looked at beside the list: those whose conversations are shown. */
  watched: Set<string>;
}

/** Whether someone whose presence changed was in the view, is now, or is watched beside it. */
export function concerns(view: View, entry: Entry, before: Presence, after: Presence): boolean {
  if (view.watched.has(entry.id)) return true;
  if (!entry.key.includes(view.search)) return false;
  const { last } = view;
  return (
    last === null ||
    comparePlaces(placeOf(entry.key, before), last) <= 0 ||
    comparePlaces(placeOf(entry.key, after), last) <= 0
  );
}
