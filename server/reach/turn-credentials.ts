import type { IceServers } from '#protocol/media';
import { createHmac } from 'node:crypto';

/** Letters of the opaque id: enough that no two people share one. */
const ID_LENGTH = 16;

export interface TurnRequest {
  /** Signs the credentials: the relay knows it. */
  secret: string;
  /** Where the relay is reached (RFC 7065). */
  urls: string[];
  /** Whose quota it counts for; the relay does not learn who that is. */
  accountId: string;
  /** In seconds. */
  lifetime: number;
}

/**
 * Short-lived credentials for the relay, as draft-uberti-behave-turn-rest-00 has them: the name says when they expire
 * and whose they are, the password is the name's HMAC. An allocation lives on after its credentials have expired, so
 * a short life ends no call.
 */
export function issueTurnCredentials(
  { secret, urls, accountId, lifetime }: TurnRequest,
  now = Date.now(),
): IceServers {
  const id = createHmac('sha256', secret).update(accountId).digest('base64url').slice(0, ID_LENGTH);
  const username = `${Math.floor(now / 1000) + lifetime}:${id}`;
  const credential = createHmac('sha1', secret).update(username).digest('base64');
  return { servers: [{ urls, username, credential }], lifetime };
}
