import type { Deadlines } from '../calls/call-events.ts';

/** What tests may set otherwise than in production. */
export interface Overrides {
  deadlines?: Partial<Deadlines>;
  /** How long a tab without a connection goes on with its call, in milliseconds. */
  goesOnFor?: number;
  /** How often each connection is pinged, in milliseconds. */
  heartbeat?: number;
  /** For how long the relay's credentials are good, in seconds. */
  relayLifetime?: number;
  /** How often allocations that should not be there are looked for, in milliseconds. */
  relaySweepEvery?: number;
  /** How often the quality of media is measured, in milliseconds. */
  qualityEvery?: number;
  /** Where the built client is. */
  clientFolder?: string;
  /** How long a client may take to send a request's body, in milliseconds. */
  bodyWithin?: number;
  /** How often sessions that have expired are looked for, in milliseconds. */
  sweepEvery?: number;
}
