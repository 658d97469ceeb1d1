import type { CallState } from '#protocol/call';

/** What is said of a call that does not simply go on. */
export type CallStatus = 'calling' | 'ringing' | 'connecting' | 'reconnecting' | 'disconnected';

/** Whether the call waits for an answer. */
export function waitsForAnswer(phase: CallState): boolean {
  return phase === 'calling' || phase === 'ringing';
}

/** What is said of a call that has not ended; null where there is nothing to say. */
export function callStatus(phase: CallState, connected: boolean): CallStatus | null {
  // Without a connection nobody knows whether it still rings.
  if (!connected) return waitsForAnswer(phase) ? 'disconnected' : 'reconnecting';
  return phase === 'active' || phase === 'ended' ? null : phase;
}
