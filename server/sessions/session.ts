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

/** Who stands behind a request or a connection. */
export interface Identity {
  readonly sessionId: string;
  readonly accountId: string;
}
