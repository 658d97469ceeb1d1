import { CLOSE_POLICY } from '#protocol/limits';
import { EventEmitter } from 'node:events';
import type { Transport } from 'protoo-server';
import type { WebSocket } from 'ws';
import { parseFrame } from './frame.ts';

/** Frames in a row that are no requests, after which the client is none of ours. */
const MALFORMED_AT_MOST = 20;
/** What may wait in memory for one client that does not read, in bytes. */
const BACKLOG_AT_MOST = 1024 * 1024;
/** RFC 6455 "try again later". */
const CLOSE_TOO_SLOW = 1013;

/**
 * protoo's transport on a `ws` socket. It adds to protoo's own: safe parsing, any close code, and a bound on
 * what waits for a client that does not read.
 */
export class SocketTransport extends EventEmitter implements Transport {
  readonly #socket: WebSocket;
  #closed = false;
  #malformed = 0;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.on('message', (data, isBinary) => this.#receive(isBinary ? undefined : toText(data)));
    socket.on('close', () => this.#finish());
    // `ws` closes the socket after an error (a frame that is too large, say); there is nothing more to do.
    socket.on('error', () => undefined);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Closes with a code that tells the client whether to come back (RFC 6455, 7.4). */
  closeWith(code: number): void {
    this.#socket.close(code);
    this.#finish();
  }

  close(): void {
    this.closeWith(1000);
  }

  /** Part of protoo's interface. */
  send(message: object): Promise<void> {
    this.sendText(JSON.stringify(message));
    return Promise.resolve();
  }

  /** Sends what is serialised already, so that one text can go to many. */
  sendText(text: string): void {
    if (this.#closed) return;
    if (this.#socket.bufferedAmount > BACKLOG_AT_MOST) {
      this.closeWith(CLOSE_TOO_SLOW);
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
      this.closeWith(CLOSE_POLICY);
    }
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close');
  }
}

function toText(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.from(data as Buffer).toString('utf8');
}
