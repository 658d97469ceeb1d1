import { createHash, randomBytes } from 'node:crypto';
import type { InvitationState } from '#protocol/admin';

/** Lets one person sign up. Its token, which only the link carries, is kept as a hash. */
export interface Invitation {
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | null;
  readonly revokedAt: number | null;
}

const TOKEN_BYTES = 24;

/** A new token: 192 bits from the system's generator. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** The database never holds what lets someone in. The token is random, so a plain hash is enough. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

export function stateOf({ usedAt, revokedAt, expiresAt }: Invitation, now: number): InvitationState {
  if (usedAt !== null) return 'used';
  if (revokedAt !== null) return 'revoked';
  return expiresAt > now ? 'open' : 'expired';
}
