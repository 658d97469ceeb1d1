/** Two usernames with one key are the same name; lists sort by it, as the server does. */
export function nameKey(username: string): string {
  return username.normalize('NFKC').toLowerCase();
}

export function byName(a: string, b: string): number {
  const [x, y] = [nameKey(a), nameKey(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
