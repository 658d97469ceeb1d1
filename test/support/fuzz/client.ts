import { ERROR_STATUS } from '#protocol/errors';
import { notices, requests, type Method, type Notice, type Snapshot } from '#protocol/methods';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { TestAccount } from '../account.ts';
import { expectNoInternals } from '../leaks.ts';

export interface Answered {
  /** `ok`, or the error's code. */
  code: string;
  data: unknown;
}

const ANSWER_WITHIN_MS = 15_000;

const isMethod = (method: string): method is Method => Object.hasOwn(requests, method);

/**
 * A connection that sends any text whatever, and holds every answer to the protocol: a known code, words
 * that tell nothing of our inside, data that fits the method's schema, one answer to each request.
 */
export class FuzzClient {
  /** Answers by code, requests without one under `none`. */
  readonly tally = new Map<string, number>();
  readonly problems: string[] = [];
  readonly #account: TestAccount;
  readonly #seat = new URLSearchParams({ device: randomUUID(), tab: randomUUID() }).toString();
  readonly #pending = new Map<
    number,
    { method: string; text: string; settle?: (answer: Answered) => void }
  >();
  #socket: WebSocket | undefined;
  #lastId = 0;
  #onSettled: () => void = () => undefined;
  snapshot: Snapshot | undefined;

  constructor(account: TestAccount) {
    this.#account = account;
  }

  get id(): string {
    return this.#account.id;
  }

  /** Connects, or connects anew: the same tab, with everything answered first. */
  async connect(): Promise<void> {
    this.#socket?.close();
    const { url, cookie } = this.#account;
    const address = `${url.replace(/^http/, 'ws')}/ws?${this.#seat}`;
    const socket = new WebSocket(address, 'protoo', { headers: { cookie, origin: url } });
    this.#socket = socket;
    this.snapshot = undefined;
    socket.on('message', (data: Buffer) => this.#receive(data.toString()));
    // The snapshot is the first frame.
    const snapshot = once(socket, 'message');
    await once(socket, 'open');
    await snapshot;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** A request that is meant well. */
  request(method: Method, data: object): Promise<Answered> {
    return new Promise((settle) =>
      this.send(JSON.stringify({ request: true, id: this.nextId(), method, data }), settle),
    );
  }

  /** Sends a text frame, and expects an answer where it is a request. */
  send(text: string, settle?: (answer: Answered) => void): void {
    const request = parseRequest(text);
    if (request) this.#pending.set(request.id, { ...request, text, ...(settle && { settle }) });
    else this.#count('none');
    this.#socket?.send(text);
  }

  sendBinary(data: Buffer): void {
    this.#count('none');
    this.#socket?.send(data);
  }

  /** Sends what is too large, for which the server closes the connection; connects again. */
  async sendTooLarge(text: string): Promise<number> {
    await this.settle();
    const socket = this.#socket;
    if (!socket) throw new Error('not connected');
    const closed = once(socket, 'close') as Promise<[number]>;
    socket.send(text);
    const [code] = await closed;
    this.#count('closed');
    await this.connect();
    return code;
  }

  /** Waits until everything is answered. */
  async settle(): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const unanswered = [...this.#pending.values()].map(({ text }) => text.slice(0, 300));
        reject(new Error(`no answer to ${unanswered.join('\n')}`));
      }, ANSWER_WITHIN_MS);
      this.#onSettled = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.#socket?.terminate();
  }

  #count(code: string): void {
    this.tally.set(code, (this.tally.get(code) ?? 0) + 1);
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as Record<string, unknown>;
    if (frame['notification'] === true) {
      const notice = frame['method'] as Notice;
      const parsed = notices[notice].safeParse(frame['data']);
      if (!parsed.success)
        this.problems.push(`the notice ${notice} breaks the protocol: ${parsed.error.message}`);
      else if (notice === 'snapshot') this.snapshot = parsed.data as Snapshot;
      return;
    }
    const pending = this.#pending.get(frame['id'] as number);
    if (!pending) {
      this.problems.push(`an answer to nothing, or a second one: ${text.slice(0, 300)}`);
      return;
    }
    this.#pending.delete(frame['id'] as number);
    const code = frame['ok'] === true ? 'ok' : String(frame['errorCode']);
    if (pending.settle) pending.settle({ code, data: frame['data'] });
    else this.#count(code);
    this.#judge(pending, code, frame);
    if (this.#pending.size === 0) this.#onSettled();
  }

  #judge(
    { method, text }: { method: string; text: string },
    code: string,
    frame: Record<string, unknown>,
  ): void {
    const about = `${method} ${text.slice(0, 600)} -> ${code}`;
    if (code === 'ok') {
      if (!isMethod(method)) this.problems.push(`an unknown method was carried out: ${about}`);
      else if (!requests[method].answer.safeParse(frame['data']).success)
        this.problems.push(`the answer breaks the protocol: ${about}`);
      return;
    }
    if (!Object.hasOwn(ERROR_STATUS, code) || code === 'internal')
      this.problems.push(`a code that may not be: ${about}`);
    try {
      expectNoInternals(String(frame['errorReason']));
    } catch (error) {
      this.problems.push(`${about}: ${String(error)}`);
    }
  }
}

/** What counts as a request, by the words of the protocol and without the server's own code. */
function parseRequest(text: string): { id: number; method: string } | undefined {
  try {
    const frame = JSON.parse(text) as unknown;
    if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) return undefined;
    const { request, id, method } = frame as Record<string, unknown>;
    return request === true && Number.isSafeInteger(id) && typeof method === 'string'
      ? { id: id as number, method }
      : undefined;
  } catch {
    return undefined;
  }
}
