import type { ConnectQuery } from '#protocol/common';
import type { Notice, NoticeData, Snapshot } from '#protocol/methods';
import type { Peer } from 'protoo-server';
import type { Seat } from '../calls/call.ts';
import type { Identity } from '../sessions/session.ts';
import type { SocketTransport } from './socket-transport.ts';

/** How the client came. */
export interface Approach {
  /** By which name or address it reaches the server. */
  readonly host: string;
  /** Its own address, behind whatever proxies there are; undefined where it is not known. */
  readonly address: string | undefined;
}

/** One WebSocket: a tab of a device of a signed-in account. */
export class Connection {
  readonly id: string;
  readonly accountId: string;
  readonly sessionId: string;
  readonly seat: Seat;
  readonly approach: Approach;
  readonly #transport: SocketTransport;
  /** Notices that came before the snapshot, which they change: they follow it. */
  #held: string[] | undefined = [];

  constructor(
    peer: Peer,
    transport: SocketTransport,
    { accountId, sessionId }: Identity,
    { device, tab }: ConnectQuery,
    approach: Approach,
  ) {
    this.id = peer.id;
    this.#transport = transport;
    this.accountId = accountId;
    this.sessionId = sessionId;
    this.approach = approach;
    this.seat = { device, tab, session: sessionId };
  }

  /** Sends the snapshot, and what has happened since it was taken. */
  greet(snapshot: Snapshot): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.notify('snapshot', snapshot);
    for (const text of held) this.sendText(text);
  }

  notify<N extends Notice>(notice: N, data: NoticeData<N>): void {
    this.sendText(serialise(notice, data));
  }

  /** Sends a notice that `serialise` made. */
  sendText(text: string): void {
    if (this.#held) this.#held.push(text);
    else this.#transport.sendText(text);
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  /** Closes with a code of RFC 6455 or of ours. */
  close(code: number): void {
    this.#transport.closeWith(code);
  }
}

/** A notice as protoo has it on the wire. */
export function serialise<N extends Notice>(notice: N, data: NoticeData<N>): string {
  return JSON.stringify({ notification: true, method: notice, data });
}
