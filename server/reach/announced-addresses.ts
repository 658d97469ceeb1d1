import type { IceCandidate } from '#protocol/media';
import { networkInterfaces } from 'node:os';

/**
 * The addresses at which clients reach the media ports: the configured ones, else every IPv4 address of this
 * machine as it stands now, the loopback last, so that a call on the machine itself works without a network.
 */
export function announcedAddresses(configured: readonly string[] | undefined): string[] {
  if (configured) return [...configured];
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((address) => address.family === 'IPv4');
  return [
    ...addresses.filter((address) => !address.internal),
    ...addresses.filter((address) => address.internal),
  ].map(({ address }) => address);
}

/**
 * Writes each candidate once for every announced address. The worker listens on all of the machine's
 * addresses and knows none of them; so they may change while it runs.
 */
export function announce(candidates: readonly IceCandidate[], addresses: readonly string[]): IceCandidate[] {
  return candidates.flatMap((candidate) =>
    addresses.map((address, index) => ({
      ...candidate,
      ip: address,
      address,
      // Candidates of different addresses have different foundations (RFC 8445, 5.1.1.3) ...
      foundation: `${candidate.foundation}${index}`,
      // ... and the local preference orders them (5.1.2.1): it stands in bits 8 to 23.
      priority: Math.max(1, candidate.priority - index * 256),
    })),
  );
}
