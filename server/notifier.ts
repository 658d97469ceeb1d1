import type { Notice, NoticeData } from '#protocol/methods';

/** Sends notices to connected clients; whoever is not connected gets nothing, and asks when they return. */
export interface Notifier {
  /** To every connection of an account, but for one where it is named. */
  toAccount<N extends Notice>(accountId: string, notice: N, data: NoticeData<N>, except?: string): void;
  /** To one tab of an account. */
  toTab<N extends Notice>(accountId: string, tab: string, notice: N, data: NoticeData<N>): void;
  /** To these connections, the same to all. */
  toConnections<N extends Notice>(connectionIds: Iterable<string>, notice: N, data: NoticeData<N>): void;
}
