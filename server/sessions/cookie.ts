import type { IncomingMessage } from 'node:http';
import { ServerResponse } from 'node:http';
import Cookies from 'cookies';
import Keygrip from 'keygrip';
import type { BasePath } from '../base-path.ts';

/** Which requests carry this server's cookies, and how the cookies are named. */
export class CookieScope {
  readonly secure: boolean;
  /** As they are set with each cookie. */
  readonly attributes: { readonly secure: boolean; readonly path: string };
  readonly #suffix: string;

  constructor({ secure, basePath }: { secure: boolean; basePath: BasePath }) {
    this.secure = secure;
    this.attributes = { secure, path: basePath.root };
    // Browsers send a cookie to deeper paths as well, where another server would take it for a wrong one of its own and
    // delete it. A base path has no "+".
    this.#suffix = basePath.path.replaceAll('/', '+');
  }

  /**
   * The name says what the browser must guarantee: `__Host-` means Secure, this host alone and the whole of it;
   * `__Secure-`, for a part of a host, means Secure.
   */
  nameOf(name: string): string {
    const prefix = this.#suffix === '' ? '__Host-' : '__Secure-';
    return `${this.secure ? prefix : ''}${name}${this.#suffix}`;
  }
}

/** The signed cookie that carries a session's key. */
export class SessionCookie {
  readonly name: string;
  /** Signs and verifies. Both edges use the same keys. */
  readonly keys: Keygrip;
  readonly scope: CookieScope;

  constructor({ secret, scope }: { secret: string; scope: CookieScope }) {
    this.name = scope.nameOf('chataway');
    this.keys = new Keygrip([secret], 'sha256', 'base64');
    this.scope = scope;
  }

  /** The session key that a request carries, if its signature is ours. */
  read(request: IncomingMessage): string | undefined {
    const cookies = new Cookies(request, new ServerResponse(request), {
      keys: this.keys,
      secure: this.scope.secure,
    });
    return cookies.get(this.name, { signed: true });
  }
}
