import { Peer, WebSocketTransport } from 'protoo-client';
import type { ErrorCode } from '#protocol/errors';
import { PING_INTERVAL, SOCKET_PATH } from '#protocol/limits';
import type { Answer, Method, Notice, NoticeData, RequestData } from '#protocol/methods';
import { addressOf } from './base-path.ts';
import { reportMistake } from './mistakes.ts';

/** A ping that is not answered within this time, in milliseconds, means that the link is dead, also where the socket is "open". */
const PONG_WITHIN = 5_000;
/** While no connection can be made, ask over HTTP every so many tries whether there is a session at all. */
const TRIES_PER_SESSION_CHECK = 5;

const RETRY = { forever: true, factor: 1.5, minTimeout: 250, maxTimeout: 1_000, randomize: true };

/** The server refused; `code` says why. */
export class RequestError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** There is no connection, or it was lost before the answer came. Whether the server acted is not known. */
export class ConnectionLost extends Error {}

export type NoticeHandlers = { [N in Notice]: (data: NoticeData<N>) => void };

export interface SignalingOptions {
  device: string;
  tab: string;
  /** The connection is up (its snapshot was handled) or down. */
  onConnected(connected: boolean): void;
  /** The server may have ended the session: ask over HTTP. */
  onSessionDoubt(): void;
}

/**
 * The WebSocket to our server: typed requests and notices on protoo, which also reconnects. What protoo
 * leaves out is here: requests fail at once when the connection drops, and a dead link is noticed.
 */
export class Signaling {
  readonly #options: SignalingOptions;
  #peer: Peer | null = null;
  /** The snapshot of this connection is there. */
  #greeted = false;
  #ready = false;
  #closed = false;
  /** In the order in which they subscribed. */
  readonly #subscribers = new Set<Partial<NoticeHandlers>>();
  readonly #underWay = new Set<(error: Error) => void>();
  readonly #timer: ReturnType<typeof setInterval>;
  #pinging = false;
  /** When the connection that is not up yet last gave a sign of itself. */
  #sign = 0;

  constructor(options: SignalingOptions) {
    this.#options = options;
    this.#connect();
    this.#timer = setInterval(this.probe, PING_INTERVAL);
    addEventListener('online', this.probe);
    document.addEventListener('visibilitychange', this.probe);
  }

  /** Whether something can be asked now. */
  get open(): boolean {
    // Nothing overtakes what the snapshot's handler sends again, in its order.
    return this.#greeted && this.#peer?.connected === true;
  }

  /**
   * Subscribes to notices. A notice goes to all its subscribers, in the order in which they subscribed; an exception of
   * one is reported, and the others get the notice all the same.
   *
   * @returns Ends the subscription.
   */
  on(handlers: Partial<NoticeHandlers>): () => void {
    // A copy, so that each subscription is one of its own.
    const subscriber = { ...handlers };
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  /**
   * @throws {RequestError} the server refused
   * @throws {ConnectionLost} no answer will come
   */
  request<M extends Method>(method: M, data: RequestData<M>): Promise<Answer<M>> {
    const peer = this.#peer;
    if (!peer || !this.open) return Promise.reject(new ConnectionLost());
    return new Promise<Answer<M>>((resolve, reject) => {
      const fail = (error: Error) => {
        this.#underWay.delete(fail);
        reject(error);
      };
      this.#underWay.add(fail);
      peer.request(method, data).then(
        (answer) => {
          this.#underWay.delete(fail);
          // The one cast of the socket: the client trusts its own server's answers.
          resolve(answer as Answer<M>);
        },
        (error: unknown) => {
          const { code, message } = error as Error & { code?: ErrorCode };
          if (code) fail(new RequestError(code, message));
          // An error of protoo's own: it waits no longer. Only a new connection tells how things stand.
          else if (this.#underWay.has(fail)) this.#reconnect();
        },
      );
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    removeEventListener('online', this.probe);
    document.removeEventListener('visibilitychange', this.probe);
    this.#drop();
  }

  #connect(): void {
    const { device, tab } = this.#options;
    const address = addressOf(SOCKET_PATH);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    address.search = new URLSearchParams({ device, tab }).toString();
    const peer = new Peer(new WebSocketTransport(address.href, { retry: RETRY }));
    this.#peer = peer;
    this.#sign = Date.now();
    peer.on('open', () => (this.#sign = Date.now()));
    peer.on('notification', ({ method, data }) => this.#handle(method as Notice, data));
    peer.on('disconnected', () => this.#lost());
    peer.on('failed', (attempt) => {
      this.#sign = Date.now();
      this.#lost();
      if (attempt % TRIES_PER_SESSION_CHECK === 1) this.#options.onSessionDoubt();
    });
    peer.on('close', () => {
      this.#lost();
      // Where the session is over after all, its owner closes this for good.
      if (!this.#closed) this.#options.onSessionDoubt();
    });
  }

  #handle(method: Notice, data: unknown): void {
    if (method === 'snapshot') this.#greeted = true;
    for (const subscriber of [...this.#subscribers]) {
      // One before it may have ended this subscription. A newer server may send what no page knows yet.
      if (!this.#subscribers.has(subscriber) || !Object.hasOwn(subscriber, method)) continue;
      try {
        // The other half of the one cast.
        (subscriber[method] as (data: unknown) => void)(data);
      } catch (error) {
        // protoo would swallow it; the connection itself goes on.
        reportError(error);
      }
    }
    if (method === 'snapshot' && !this.#ready) {
      this.#ready = true;
      this.#options.onConnected(true);
    }
  }

  #lost(): void {
    this.#greeted = false;
    for (const fail of [...this.#underWay]) fail(new ConnectionLost());
    if (!this.#ready) return;
    this.#ready = false;
    this.#options.onConnected(false);
  }

  #reconnect(): void {
    this.#drop();
    this.#connect();
  }

  #drop(): void {
    const peer = this.#peer;
    this.#peer = null;
    peer?.removeAllListeners();
    peer?.close();
    this.#lost();
  }

  /** Finds out whether the link is dead: browsers cannot ping, and a socket on a dead link stays "open" for minutes. */
  readonly probe = (): void => {
    void this.#pingOnce();
  };

  async #pingOnce(): Promise<void> {
    const peer = this.#peer;
    // A try that hangs, a server that never said how things stand, or one that turned us away by mistake.
    if (!this.#ready && Date.now() - this.#sign > PING_INTERVAL) {
      this.#reconnect();
      return;
    }
    if (!this.open || this.#pinging) return;
    this.#pinging = true;
    const deadline = setTimeout(() => {
      if (this.#closed || this.#peer !== peer) return;
      this.#reconnect();
    }, PONG_WITHIN);
    try {
      await this.request('ping', {});
    } catch (error) {
      reportMistake(error);
      // A lost connection is dealt with where it is lost; a refusal is an answer, too.
    } finally {
      clearTimeout(deadline);
      this.#pinging = false;
    }
  }
}
