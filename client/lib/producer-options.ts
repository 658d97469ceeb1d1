import type { types } from 'mediasoup-client';
import type { MediaSource } from '#protocol/media';

/** How each source is encoded. */
export const PRODUCER_OPTIONS: Record<
  MediaSource,
  Pick<types.ProducerOptions, 'codecOptions' | 'encodings'>
> = {
  // In-band FEC repairs lost packets, DTX sends next to nothing in silence.
  microphone: { codecOptions: { opusFec: true, opusDtx: true } },
  // Too low a start blurs the first seconds, too high chokes a thin link for half a minute.
  camera: { codecOptions: { videoGoogleStartBitrate: 800 }, encodings: [{ maxBitrate: 2_500_000 }] },
};
