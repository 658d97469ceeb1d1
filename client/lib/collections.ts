/** The ids of a list, to look up in. */
export function idsOf(list: readonly { id: string }[]): ReadonlySet<string> {
  return new Set(list.map(({ id }) => id));
}
