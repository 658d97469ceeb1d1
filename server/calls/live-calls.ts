import { isEngaged, nextDeadline, type Call } from './call.ts';
import type { Clock } from './ports.ts';

/** The calls that have not ended, as last committed, each with a timer at its next deadline. The database decides; this saves the asking. */
export class LiveCalls {
  readonly #byId = new Map<string, Call>();
  readonly #byAccount = new Map<string, Set<string>>();
  readonly #timers = new Map<string, { cancel(): void }>();
  readonly #clock: Clock;
  readonly #onDeadline: (callId: string) => void;
  #closed = false;

  constructor(clock: Clock, onDeadline: (callId: string) => void) {
    this.#clock = clock;
    this.#onDeadline = onDeadline;
  }

  get(id: string): Call | undefined {
    return this.#byId.get(id);
  }

  /** Takes in a committed change; one that is older than what is known is ignored. */
  put(call: Call): void {
    if (this.hold(call)) this.schedule(call);
  }

  /** The same without a timer: nothing of the call ends by itself. False where the change is ignored. */
  hold(call: Call): boolean {
    const known = this.#byId.get(call.id);
    if (known && known.version > call.version) return false;
    if (known) this.#remove(known);
    if (!call.end) this.#add(call);
    return true;
  }

  /** Sets the call's timer anew, to fire in so many milliseconds at the least; none where nothing ends by itself. */
  schedule(call: Call, atLeast = 0): void {
    this.#timers.get(call.id)?.cancel();
    this.#timers.delete(call.id);
    const deadline = nextDeadline(call);
    if (deadline === null || this.#closed) return;
    const wait = Math.max(atLeast, deadline - this.#clock.now());
    this.#timers.set(
      call.id,
      this.#clock.after(wait, () => this.#onDeadline(call.id)),
    );
  }

  /** Stops all timers. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** The call that the account is in, or is calling with. */
  engagedIn(accountId: string): Call | undefined {
    return this.of(accountId).find(({ legs }) =>
      [...legs.values()].some((leg) => leg.accountId === accountId && isEngaged(leg)),
    );
  }

  /** Every live call that the account has a part in. */
  of(accountId: string): Call[] {
    return [...(this.#byAccount.get(accountId) ?? [])].flatMap((id) => this.#byId.get(id) ?? []);
  }

  all(): Call[] {
    return [...this.#byId.values()];
  }

  #add(call: Call): void {
    this.#byId.set(call.id, call);
    for (const { accountId } of call.legs.values()) {
      const own = this.#byAccount.get(accountId);
      if (own) own.add(call.id);
      else this.#byAccount.set(accountId, new Set([call.id]));
    }
  }

  #remove(call: Call): void {
    this.#byId.delete(call.id);
    for (const { accountId } of call.legs.values()) {
      const own = this.#byAccount.get(accountId);
      own?.delete(call.id);
      if (own?.size === 0) this.#byAccount.delete(accountId);
    }
  }
}
