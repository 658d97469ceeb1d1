import type { ConnectQuery } from '#protocol/common';
import { CLOSE_POLICY } from '#protocol/limits';
import type { Notice, NoticeData, Snapshot } from '#protocol/methods';
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Transport } from 'protoo-server';
import type { WebSocket } from 'ws';
import type { Seat } from '../calls/call.ts';
import type { Identity } from '../sessions/session.ts';

/** Frames in a row that are no requests, after which the client is none of ours. */
const MALFORMED_AT_MOST = 20;
/** What may wait in memory for one client that does not read, in bytes. */
const BACKLOG_AT_MOST = 1024 * 1024;
/** RFC 6455 "try again later". */
const CLOSE_TOO_SLOW = 1013;

/** How the client came. */
export interface Approach {
  /** By which name or address it reaches the server. */
  readonly host: string;
  /** Its own address, behind whatever proxies there are; undefined where it is not known. */
  readonly address: string | undefined;
}

/**
 * One WebSocket: a tab of a device of a signed-in account. It is protoo's transport, and adds to protoo's own: safe parsing,
 * any close code, and a bound on what waits for a client that does not read.
 */
export class Connection extends EventEmitter implements Transport {
  readonly id = randomUUID();
  readonly accountId: string;
  readonly sessionId: string;
  readonly seat: Seat;
  readonly approach: Approach;
  readonly #socket: WebSocket;
  /** Notices that came before the snapshot, which they change: they follow it. */
  #held: string[] | undefined = [];
  #closed = false;
  #malformed = 0;

  constructor(
    socket: WebSocket,
    { accountId, sessionId }: Identity,
    { device, tab }: ConnectQuery,
    approach: Approach,
  ) {
    super();
    this.#socket = socket;
    this.accountId = accountId;
    this.sessionId = sessionId;
    this.approach = approach;
    this.seat = { device, tab, session: sessionId };
    socket.on('message', (data, isBinary) => this.#receive(isBinary ? undefined : toText(data)));
    socket.on('close', () => this.#finish());
    // `ws` closes the socket after an error (a frame that is too large, say); there is nothing more to do.
    socket.on('error', () => undefined);
  }

  get closed(): boolean {
    return this.#closed;
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

  /** Sends a notice that `serialise` made: one text can go to many. */
  sendText(text: string): void {
    if (this.#held) this.#held.push(text);
    else this.#write(text);
  }

  /** Part of protoo's interface: sends an answer, which waits for nothing. */
  send(message: object): Promise<void> {
    this.#write(JSON.stringify(message));
    return Promise.resolve();
  }

  /** Closes with a code that tells the client whether to come back (RFC 6455, 7.4). */
  close(code = 1000): void {
    this.#socket.close(code);
    this.#finish();
  }

  #write(text: string): void {
    if (this.#closed) return;
    if (this.#socket.bufferedAmount > BACKLOG_AT_MOST) {
      this.close(CLOSE_TOO_SLOW);
      return;
    }
    this.#socket.send(text);
  }

  #receive(text: string | undefined): void {
    if (this.#closed) return;
    const frame = text === undefined ? undefined : parseFrame(text);
    if (frame) {
      this.#malformed = 0;
      this.emit('message', frame);
    } else if (++this.#malformed > MALFORMED_AT_MOST) {
      this.close(CLOSE_POLICY);
    }
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close');
  }
}

/** A notice as protoo has it on the wire. */
export function serialise<N extends Notice>(notice: N, data: NoticeData<N>): string {
  return JSON.stringify({ notification: true, method: notice, data });
}

function toText(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.from(data as Buffer).toString('utf8');
}

/** A protoo request, parsed. Other kinds of frames a client has no reason to send. */
export interface RequestFrame {
  request: true;
  id: number;
  method: string;
  data: unknown;
}

/**
 * Parses a text frame as protoo's `Message.parse` should: that one throws on a frame that is `null`, outside of any
 * handler, and takes the process down with it. What is no request is undefined; what is a request is
 * answered, whatever its data.
 */
export function parseFrame(text: string): RequestFrame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { request, id, method, data } = value as Record<string, unknown>;
  if (request !== true || typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
  if (typeof method !== 'string') return undefined;
  return { request, id, method, data: data ?? {} };
}
