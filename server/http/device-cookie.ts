import type { Context } from 'koa';
import type { Client } from '../accounts/known-devices.ts';

const NAME = 'chataway-device';
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
/** Of the keys that `KnownDevices` makes; longer ones are nobody's. */
const KEY = /^[\w-]{32}$/;

const nameOf = (secure: boolean) => (secure ? `__Host-${NAME}` : NAME);

/** Where a request comes from, and on which device. */
export function clientOf({ ip, cookies }: Context): Client {
  const key = cookies.get(nameOf(cookies.secure), { signed: false });
  return { address: ip, deviceKey: key !== undefined && KEY.test(key) ? key : undefined };
}

/** Has the browser keep the key of its device. It is no secret that opens anything, so it is not signed. */
export function keepDeviceKey({ cookies }: Context, key: string): void {
  const { secure } = cookies;
  cookies.set(nameOf(secure), key, {
    maxAge: YEAR_MS,
    httpOnly: true,
    sameSite: 'lax',
    secure,
    signed: false,
    overwrite: true,
  });
}
