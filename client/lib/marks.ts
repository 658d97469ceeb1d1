export type Mark = 'call-click' | 'ringing' | 'answer' | 'remote-frame' | 'remote-audio';

/** Notes a moment of a call in the browser's own timeline, where anyone can measure between two. */
export function mark(name: Mark): void {
  performance.mark(`chataway:${name}`);
}

const LOOK_EVERY = 20;
/** Whoever is silent longer is muted, and what comes then says nothing of the call's beginning. */
const LOOK_AT_MOST = 10_000;

/** Marks the moment when the first packet of the other's voice was played out, if it comes soon. */
export async function markFirstSound(
  track: MediaStreamTrack,
  receiver: RTCRtpReceiver | undefined,
): Promise<void> {
  if (!receiver) return;
  const until = performance.now() + LOOK_AT_MOST;
  while (receiver.getSynchronizationSources().length === 0) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    if (track.readyState !== 'live' || performance.now() > until) return;
  }
  mark('remote-audio');
}
