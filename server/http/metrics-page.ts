import type { Context, Middleware } from 'koa';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccountService } from '../accounts/account-service.ts';
import { identityOf } from './session-store.ts';

/** What there is to measure, as text. */
export interface Measurements {
  readonly contentType: string;
  text(): Promise<string>;
}

interface Options {
  measurements: Measurements;
  accounts: AccountService;
  /** Who brings it may read; without one only admins may. */
  token: string | undefined;
}

export const METRICS_PATH = '/metrics';

/** `GET /metrics`, for who may; for all others there is nothing. */
export function serveMetrics({ measurements, accounts, token }: Options): Middleware {
  const mayRead = async (ctx: Context): Promise<boolean> => {
    if (token !== undefined && isSame(ctx.get('authorization'), `Bearer ${token}`)) return true;
    const identity = identityOf(ctx);
    return identity !== undefined && (await accounts.get(identity.accountId)).role === 'admin';
  };
  return async (ctx, next) => {
    if (ctx.method !== 'GET' || ctx.path !== METRICS_PATH || !(await mayRead(ctx))) {
      await next();
      return;
    }
    ctx.route = METRICS_PATH;
    ctx.set('Content-Type', measurements.contentType);
    ctx.body = await measurements.text();
  };
}

/** In a time that tells nothing of how much is right. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
