import type { Context } from 'koa';
import type { Client } from '../accounts/known-devices.ts';
import type { CookieScope } from '../sessions/cookie.ts';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
/** Of the keys that `KnownDevices` makes; longer ones are nobody's. */
const KEY = /^[\w-]{32}$/;

/** The cookie by which a browser is known as a device on which an account has signed in. */
export class DeviceCookie {
  readonly #name: string;
  readonly #scope: CookieScope;

  constructor(scope: CookieScope) {
    this.#name = scope.nameOf('chataway-device');
    this.#scope = scope;
  }

  /** Where a request comes from, and on which device. */
  clientOf({ ip, cookies }: Context): Client {
    const key = cookies.get(this.#name, { signed: false });
    return { address: ip, deviceKey: key !== undefined && KEY.test(key) ? key : undefined };
  }

  /** Has the browser keep the key of its device. It is no secret that opens anything, so it is not signed. */
  keep({ cookies }: Context, key: string): void {
    cookies.set(this.#name, key, {
      maxAge: YEAR_MS,
      httpOnly: true,
      sameSite: 'lax',
      ...this.#scope.attributes,
      signed: false,
      overwrite: true,
    });
  }
}
