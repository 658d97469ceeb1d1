import { createRequire } from 'node:module';

/*
 * A server in memory for protoo-client, which takes its WebSocket from the package `websocket` while it is loaded: import
 * this before what imports the client's `Signaling`.
 */

interface Frame {
  request?: true;
  id?: number;
  method: string;
  data: Record<string, unknown>;
}

export type Answerer = (data: Record<string, unknown>) => unknown;

/** What a fake server answers with in order to refuse. */
export class Refusal {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

/** An answer that never comes. */
export const NEVER = new Promise<never>(() => undefined);

class FakeWebSocket {
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  readonly url: string;
  #state: 'connecting' | 'open' | 'closed' = 'connecting';

  constructor(url: string) {
    this.url = url;
    FakeServer.current.connect(this);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  open(): void {
    this.#state = 'open';
    this.onopen?.();
  }

  /** By the server, or by what lies between. */
  end(code: number): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.onclose?.({ code, reason: '', wasClean: true });
  }

  /** By the client. */
  close(): void {
    this.#state = 'closed';
  }

  send(text: string): void {
    if (this.#state !== 'open') throw new Error('the socket is not open');
    void FakeServer.current.take(this, JSON.parse(text) as Frame);
  }

  receive(frame: object): void {
    if (this.#state === 'open') this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const websocket = createRequire(import.meta.url)('websocket') as { w3cwebsocket: unknown };
websocket.w3cwebsocket = FakeWebSocket;

/** The other end of all sockets of the page under test. */
export class FakeServer {
  static current: FakeServer;
  /** Every socket that was tried, the latest last. */
  readonly sockets: FakeWebSocket[] = [];
  /** Every request that came, in order. */
  readonly requests: { method: string; data: Record<string, unknown> }[] = [];
  readonly #answers = new Map<string, Answerer>();
  /** Whether a new socket opens, is refused, or hangs. */
  reach: 'open' | 'refused' | 'hangs' = 'open';
  /** What is sent on a new connection; null: nothing. */
  greeting: object | null = {};
  /** Whether it hears what is sent, and answers. */
  deaf = false;

  constructor() {
    FakeServer.current = this;
  }

  /** From now on, requests of this method are answered so; `{}` is the answer to any other. */
  answer(method: string, answerer: Answerer): void {
    this.#answers.set(method, answerer);
  }

  /** From now on, requests of this method wait for their answer. @returns Gives it to those that wait. */
  hold(method: string): (answer: unknown) => void {
    const waiting: ((answer: unknown) => void)[] = [];
    this.answer(method, () => new Promise((resolve) => waiting.push(resolve)));
    return (answer) => {
      for (const resolve of waiting.splice(0)) resolve(answer);
    };
  }

  /** The requests of a method, in order. */
  asked(method: string): Record<string, unknown>[] {
    return this.requests.filter((request) => request.method === method).map(({ data }) => data);
  }

  notify(method: string, data: object): void {
    this.sockets.at(-1)?.receive({ notification: true, method, data });
  }

  /** The connection is lost. */
  drop(code = 1006): void {
    this.sockets.at(-1)?.end(code);
  }

  connect(socket: FakeWebSocket): void {
    this.sockets.push(socket);
    setTimeout(() => {
      if (this.reach === 'refused') socket.end(1006);
      if (this.reach !== 'open') return;
      socket.open();
      if (this.greeting) socket.receive({ notification: true, method: 'snapshot', data: this.greeting });
    }, 0);
  }

  async take(socket: FakeWebSocket, { id, method, data }: Frame): Promise<void> {
    if (this.deaf) return;
    this.requests.push({ method, data });
    const answer: unknown = (await this.#answers.get(method)?.(data)) ?? {};
    // As on a network, no answer comes before the one who asked waits for it.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const response = { response: true, id };
    if (answer instanceof Refusal) {
      socket.receive({ ...response, ok: false, errorCode: answer.code, errorReason: 'for a test' });
    } else {
      socket.receive({ ...response, ok: true, data: answer });
    }
  }
}
