import type { Notice, NoticeData } from '#protocol/methods';
import type { Tabs } from '../calls/ports.ts';
import type { Notifier } from '../notifier.ts';
import { serialise, type Connection } from './connection.ts';

/** Every open connection, by what it is looked up by. Each notice is serialised once, however many get it. */
export class Connections implements Notifier, Tabs {
  readonly #byId = new Map<string, Connection>();
  readonly #byAccount = new Map<string, Set<Connection>>();

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
    const mine = this.#byAccount.get(connection.accountId);
    if (mine) mine.add(connection);
    else this.#byAccount.set(connection.accountId, new Set([connection]));
  }

  /** False where it was not there (any more). */
  remove(connection: Connection): boolean {
    if (!this.#byId.delete(connection.id)) return false;
    const mine = this.#byAccount.get(connection.accountId);
    mine?.delete(connection);
    if (mine?.size === 0) this.#byAccount.delete(connection.accountId);
    return true;
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): Connection[] {
    return [...this.#byId.values()];
  }

  ofAccount(accountId: string): Connection[] {
    return [...(this.#byAccount.get(accountId) ?? [])];
  }

  countOf(accountId: string): number {
    return this.#byAccount.get(accountId)?.size ?? 0;
  }

  isConnected(accountId: string, tab: string): boolean {
    return this.ofTab(accountId, tab) !== undefined;
  }

  /** The account's connection from this tab. */
  ofTab(accountId: string, tab: string): Connection | undefined {
    for (const connection of this.#byAccount.get(accountId) ?? []) {
      if (connection.seat.tab === tab) return connection;
    }
    return undefined;
  }

  toAccount<N extends Notice>(accountId: string, notice: N, data: NoticeData<N>, except?: string): void {
    const connections = this.#byAccount.get(accountId);
    if (!connections) return;
    const text = serialise(notice, data);
    for (const connection of connections) if (connection.id !== except) connection.sendText(text);
  }

  toTab<N extends Notice>(accountId: string, tab: string, notice: N, data: NoticeData<N>): void {
    this.ofTab(accountId, tab)?.notify(notice, data);
  }

  toConnections<N extends Notice>(connectionIds: Iterable<string>, notice: N, data: NoticeData<N>): void {
    let text: string | undefined;
    for (const id of connectionIds) this.#byId.get(id)?.sendText((text ??= serialise(notice, data)));
  }
}
