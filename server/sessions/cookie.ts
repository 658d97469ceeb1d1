import type { IncomingMessage } from 'node:http';
import { ServerResponse } from 'node:http';
import Cookies from 'cookies';
import Keygrip from 'keygrip';

/** The signed cookie that carries a session's key. */
export class SessionCookie {
  /** The name says what the browser must guarantee: `__Host-` means Secure, this host, whole path. */
  readonly name: string;
  /** Signs and verifies. Both edges use the same keys. */
  readonly keys: Keygrip;
  readonly secure: boolean;

  constructor({ secret, secure }: { secret: string; secure: boolean }) {
    this.name = secure ? '__Host-chataway' : 'chataway';
    this.keys = new Keygrip([secret], 'sha256', 'base64');
    this.secure = secure;
  }

  /** The session key that a request carries, if its signature is ours. */
  read(request: IncomingMessage): string | undefined {
    const cookies = new Cookies(request, new ServerResponse(request), {
      keys: this.keys,
      secure: this.secure,
    });
    return cookies.get(this.name, { signed: true });
  }
}
