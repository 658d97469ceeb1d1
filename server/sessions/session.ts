import type { SessionInfo } from '#protocol/account';
import { AppError } from '../errors.ts';

/** One sign-in. Its key, which only the cookie carries, is kept as a hash and appears nowhere else. */
export interface Session {
  readonly id: string;
  readonly accountId: string;
  readonly userAgent: string;
  readonly address: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
}

/** What its owner and admins see of it. */
export function presentSession({
  id,
  userAgent,
  address,
  createdAt,
  lastSeenAt,
}: Session): Omit<SessionInfo, 'current'> {
  return { id, userAgent, address, createdAt, lastSeenAt };
}

/** Who stands behind a request or a connection. */
export interface Identity {
  readonly sessionId: string;
  readonly accountId: string;
}

/** There is no session, or it has ended. */
export const notSignedIn = () => new AppError('not_signed_in', 'Sign in first.');
