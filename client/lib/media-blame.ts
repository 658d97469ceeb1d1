/** Whose media never got through. */
export type Blame = 'own' | 'other' | 'both';

/**
 * Guesses it where an answered call got no media: from one's own transports, and from what the server last said
 * of the other.
 */
export function blameFor(ownReached: boolean, otherReached: boolean): Blame {
  if (ownReached) return 'other';
  return otherReached ? 'own' : 'both';
}
