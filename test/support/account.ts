import type { CurrentSession, Self } from '#protocol/account';
import { randomUUID } from 'node:crypto';
import { TestConnection } from './connection.ts';

export const PASSWORD = 'a quiet blue harbour';

/** Someone who is signed in at a server, by HTTP and WebSocket, without a browser. */
export class TestAccount {
  readonly url: string;
  readonly self: Self;
  /** The value of the `Cookie` header. */
  readonly cookie: string;

  private constructor(url: string, self: Self, cookie: string) {
    this.url = url;
    this.self = self;
    this.cookie = cookie;
  }

  static async signUp(url: string, username: string): Promise<TestAccount> {
    const email = `${username}@example.org`;
    const form = { username, email, password: PASSWORD, passwordRepeat: PASSWORD };
    return TestAccount.#enter(url, '/api/account', form);
  }

  static async signIn(url: string, username: string, password = PASSWORD): Promise<TestAccount> {
    return TestAccount.#enter(url, '/api/session', { username, password });
  }

  /** Someone who is signed in already, at another address of the same server, or after its restart. */
  static at(url: string, { self, cookie }: TestAccount): TestAccount {
    return new TestAccount(url, self, cookie);
  }

  static async #enter(url: string, path: string, form: object): Promise<TestAccount> {
    const response = await request(url, 'POST', path, { body: form });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    const { account } = (await response.json()) as CurrentSession;
    if (account === null) throw new Error(`${path} signed nobody in`);
    return new TestAccount(url, account, cookieOf(response));
  }

  get id(): string {
    return this.self.id;
  }

  /** A request with the cookie. */
  request(method: string, path: string, body?: object): Promise<Response> {
    return request(this.url, method, path, { cookie: this.cookie, ...(body && { body }) });
  }

  /** A new connection: of a new tab and device, unless they are given. */
  connect(seat: { device?: string; tab?: string } = {}): Promise<TestConnection> {
    const { device = randomUUID(), tab = randomUUID() } = seat;
    return TestConnection.open(this.url, this.cookie, { device, tab });
  }
}

/** A request as a page of the server itself sends it. */
export function request(
  url: string,
  method: string,
  path: string,
  { body, cookie, headers }: { body?: object; cookie?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: {
      origin: new URL(url).origin,
      ...(cookie !== undefined && { cookie }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** The cookies that an answer sets, as the next request sends them; the last of a name counts. */
export function cookieOf(response: Response): string {
  const pairs = response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  const byName = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair]));
  return [...byName.values()].join('; ');
}
