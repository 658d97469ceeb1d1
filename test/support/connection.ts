import type { ConnectQuery } from '#protocol/common';
import type { ErrorCode } from '#protocol/errors';
import { SOCKET_PATH, SOCKET_SUBPROTOCOL } from '#protocol/limits';
import {
  notices,
  requests,
  type Answer,
  type Method,
  type Notice,
  type NoticeData,
  type RequestData,
  type Snapshot,
} from '#protocol/methods';
import { WebSocket } from 'ws';

/** The server refused a request. */
export class Refused extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, reason: string) {
    super(`${code}: ${reason}`);
    this.code = code;
  }
}

interface Pending {
  method: Method;
  resolve: (data: never) => void;
  reject: (error: Error) => void;
}

interface Received {
  notice: Notice;
  data: unknown;
}

const DEFAULT_WAIT_MS = 5_000;

/**
 * A WebSocket connection that speaks protoo by hand and holds the server to its word: every answer and notice
 * is parsed by the schema that the protocol promises for it.
 */
export class TestConnection implements Disposable {
  readonly seat: ConnectQuery;
  readonly socket: WebSocket;
  /** Every notice so far, in order. */
  readonly received: Received[] = [];
  readonly #pending = new Map<number, Pending>();
  readonly #watchers = new Set<() => void>();
  #closed: { code: number } | undefined;
  #lastId = 0;

  private constructor(socket: WebSocket, seat: ConnectQuery) {
    this.socket = socket;
    this.seat = seat;
    socket.on('message', (data) => this.#receive((data as Buffer).toString('utf8')));
    socket.on('close', (code) => {
      this.#closed = { code };
      for (const { reject } of this.#pending.values())
        reject(new Error(`the connection closed with ${code}`));
      this.#pending.clear();
      this.#wake();
    });
  }

  /** Connects, and waits for the snapshot. Rejects with the HTTP status where the upgrade is refused. */
  static async open(
    url: string,
    cookie: string,
    seat: ConnectQuery,
    patience = DEFAULT_WAIT_MS,
  ): Promise<TestConnection> {
    const address = `${url.replace(/^http/, 'ws')}${SOCKET_PATH}?${new URLSearchParams({ ...seat }).toString()}`;
    const socket = new WebSocket(address, SOCKET_SUBPROTOCOL, {
      headers: { cookie, origin: new URL(url).origin },
    });
    const connection = new TestConnection(socket, seat);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    await connection.next('snapshot', undefined, patience).catch((error: unknown) => {
      socket.terminate();
      throw error;
    });
    return connection;
  }

  get snapshot(): Snapshot {
    const first = this.received[0];
    if (first?.notice !== 'snapshot') throw new Error('the first notice was no snapshot');
    return notices.snapshot.parse(first.data);
  }

  /** Sends a request. @throws {Refused} */
  request<M extends Method>(method: M, data: RequestData<M>): Promise<Answer<M>> {
    const id = ++this.#lastId;
    this.socket.send(JSON.stringify({ request: true, id, method, data }));
    return new Promise((resolve, reject) => this.#pending.set(id, { method, resolve, reject }));
  }

  /** The first notice of this kind, come already or still to come, that matches; fails after a while. */
  async next<N extends Notice>(
    notice: N,
    matches: (data: NoticeData<N>) => boolean = () => true,
    timeout = DEFAULT_WAIT_MS,
  ): Promise<NoticeData<N>> {
    const find = () =>
      this.received
        .filter((received) => received.notice === notice)
        .map((received) => received.data as NoticeData<N>)
        .find(matches);
    await this.#until(() => find() !== undefined, `a fitting "${notice}"`, timeout);
    const found = find();
    if (found === undefined) throw new Error('unreachable');
    return found;
  }

  /** All notices of this kind so far. */
  all<N extends Notice>(notice: N): NoticeData<N>[] {
    return this.received
      .filter((received) => received.notice === notice)
      .map(({ data }) => data as NoticeData<N>);
  }

  /** The close code, once the server has closed the connection. */
  async closed(timeout = DEFAULT_WAIT_MS): Promise<number> {
    await this.#until(() => this.#closed !== undefined, 'the end of the connection', timeout);
    return this.#closed?.code ?? 0;
  }

  close(): void {
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  async #until(holds: () => boolean, what: string, timeout: number): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const check = () => {
        if (holds()) finish();
        else if (this.#closed)
          finish(new Error(`waited for ${what}; the connection closed with ${this.#closed.code}`));
      };
      const timer = setTimeout(() => finish(new Error(`waited ${timeout} ms for ${what}`)), timeout);
      this.#watchers.add(check);
      check();
    });
  }

  #wake(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as Record<string, unknown>;
    if (frame['notification'] === true) {
      const notice = frame['method'] as Notice;
      this.received.push({ notice, data: notices[notice].parse(frame['data']) });
      this.#wake();
      return;
    }
    const pending = this.#pending.get(frame['id'] as number);
    this.#pending.delete(frame['id'] as number);
    if (!pending) throw new Error(`an answer that nothing asked for: ${text}`);
    if (frame['ok'] === true) {
      const answer = requests[pending.method].answer.safeParse(frame['data']);
      if (answer.success) pending.resolve(answer.data as never);
      else
        pending.reject(
          new Error(`the answer to ${pending.method} breaks the protocol: ${answer.error.message}`),
        );
    } else {
      pending.reject(new Refused(frame['errorCode'] as ErrorCode, String(frame['errorReason'])));
    }
  }
}
