export type Mark = 'call-click' | 'ringing' | 'answer' | 'remote-frame' | 'remote-audio';

/** Notes a moment of a call in the browser's own timeline, where anyone can measure between two. */
export function mark(name: Mark): void {
  performance.mark(`chataway:${name}`);
}

const LOOK_EVERY = 20;

/** Marks the moment when the first packet of the other's voice was played out. */
export async function markFirstSound(
  track: MediaStreamTrack,
  receiver: RTCRtpReceiver | undefined,
): Promise<void> {
  if (!receiver) return;
  while (track.readyState === 'live' && receiver.getSynchronizationSources().length === 0) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
  if (track.readyState === 'live') mark('remote-audio');
}
