import type { Answer, Method, RequestData } from '#protocol/methods';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, TestConnection } from './connection.ts';

/** As the client: 250 ms to 1 s. */
const RETRY_MS = { least: 250, most: 1_000 };
/** Where hundreds come back at once, the last of them waits for all before. */
const PATIENCE_MS = 60_000;

/** One tab that comes back whenever its connection is lost, as the client does, and notes how long it was away. */
export class Comeback implements Disposable {
  readonly #url: string;
  readonly #cookie: string;
  readonly #seat = { device: randomUUID(), tab: randomUUID() };
  readonly #onBack: (connection: TestConnection) => void;
  readonly #connections: TestConnection[] = [];
  /** With which codes the server closed. */
  readonly codes: number[] = [];
  /** From each loss until the next snapshot, in milliseconds. */
  readonly gaps: number[] = [];
  #current = Promise.withResolvers<TestConnection>();
  #over = false;

  private constructor(url: string, cookie: string, onBack: (connection: TestConnection) => void) {
    this.#url = url;
    this.#cookie = cookie;
    this.#onBack = onBack;
  }

  /** @param onBack - is called with each connection after the first. */
  static async open(
    url: string,
    cookie: string,
    onBack: (connection: TestConnection) => void = () => undefined,
  ): Promise<Comeback> {
    const comeback = new Comeback(url, cookie, onBack);
    void comeback.#live();
    await comeback.connection();
    return comeback;
  }

  get tab(): string {
    return this.#seat.tab;
  }

  /** The connection that there is, or the next. */
  connection(): Promise<TestConnection> {
    return this.#current.promise;
  }

  /** Every notice of this kind on every connection so far. */
  all<N extends Parameters<TestConnection['all']>[0]>(notice: N) {
    return this.#connections.flatMap((connection) => connection.all(notice));
  }

  /** Asks until there is an answer, on however many connections that takes. @throws {Refused} */
  async ask<M extends Method>(method: M, data: RequestData<M>): Promise<Answer<M>> {
    for (;;) {
      const connection = await this.connection();
      try {
        return await connection.request(method, data);
      } catch (error) {
        if (error instanceof Refused || this.#over) throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#over = true;
    for (const connection of this.#connections) connection[Symbol.dispose]();
  }

  async #live(): Promise<void> {
    let lostAt: number | undefined;
    for (;;) {
      const connection = await this.#connect();
      if (!connection) return;
      if (lostAt !== undefined) this.gaps.push(performance.now() - lostAt);
      this.#connections.push(connection);
      const closed = once(connection.socket, 'close');
      connection.socket.once('close', () => (this.#current = Promise.withResolvers()));
      this.#current.resolve(connection);
      if (lostAt !== undefined) this.#onBack(connection);
      const [code] = (await closed) as [number];
      this.codes.push(code);
      lostAt = performance.now();
    }
  }

  async #connect(): Promise<TestConnection | undefined> {
    while (!this.#over) {
      try {
        const connection = await TestConnection.open(this.#url, this.#cookie, this.#seat, PATIENCE_MS);
        if (connection.socket.readyState === connection.socket.OPEN) return connection;
      } catch {
        await sleep(RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least));
      }
    }
    return undefined;
  }
}
