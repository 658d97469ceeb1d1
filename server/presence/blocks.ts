const NOBODY: ReadonlySet<string> = new Set();

/** Who has blocked whom, in memory: whoever is blocked sees the other as offline. */
export class Blocks {
  /** By the one who is blocked. */
  readonly #blockers = new Map<string, Set<string>>();

  constructor(pairs: Iterable<{ accountId: string; blockedId: string }>) {
    for (const { accountId, blockedId } of pairs) this.set(accountId, blockedId, true);
  }

  set(accountId: string, blockedId: string, blocked: boolean): void {
    const blockers = this.#blockers.get(blockedId) ?? new Set();
    if (blocked) blockers.add(accountId);
    else blockers.delete(accountId);
    if (blockers.size > 0) this.#blockers.set(blockedId, blockers);
    else this.#blockers.delete(blockedId);
  }

  /** Everyone who has blocked this account. */
  blockersOf(blockedId: string): ReadonlySet<string> {
    return this.#blockers.get(blockedId) ?? NOBODY;
  }
}
