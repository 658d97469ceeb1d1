import type { PageEnd } from '#protocol/common';

/** The ids of a list, to look up in. */
export function idsOf(list: readonly { id: string }[]): ReadonlySet<string> {
  return new Set(list.map(({ id }) => id));
}

/** Orders as the server does, so that the last row that one has is where the next page begins. */
export function latestFirst(a: PageEnd, b: PageEnd): number {
  return b.time - a.time || (b.id > a.id ? 1 : -1);
}
