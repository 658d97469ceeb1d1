import type { IceServers } from '#protocol/media';
import { createHmac } from 'node:crypto';

/** Letters of the opaque id: enough that no two quotas share one. */
const ID_LENGTH = 16;

export interface TurnRequest {
  /** Signs the credentials: the relay knows it. */
  secret: string;
  /** Where the relay is reached (RFC 7065). */
  urls: string[];
  /** `turnUsername`. */
  username: string;
  /** In seconds. */
  lifetime: number;
}

/**
 * The name that the relay knows a client by (draft-uberti-behave-turn-rest-00): when it expires, in seconds, and an opaque
 * id of the quota that the client's allocations count for.
 */
export function turnUsername(secret: string, quota: string, expiry: number): string {
  return `${expiry}:${createHmac('sha256', secret).update(quota).digest('base64url').slice(0, ID_LENGTH)}`;
}

/**
 * Short-lived credentials for the relay: the password is the name's HMAC. An allocation lives on after its credentials
 * have expired, so a short life ends no call.
 */
export function issueTurnCredentials({ secret, urls, username, lifetime }: TurnRequest): IceServers {
  const credential = createHmac('sha1', secret).update(username).digest('base64');
  return { servers: [{ urls, username, credential }], lifetime };
}
