import type { types } from 'mediasoup';
import { generateRouterRtpCapabilities } from 'mediasoup/ortc';

/**
 * What a call may speak, in the order in which a sender prefers it (see `README.md` here for the reasons):
 * Opus; VP8, which every browser has; then H.264 constrained baseline (level 3.1, RFC 6184), for a client that has no
 * VP8.
 */
export const MEDIA_CODECS: types.RouterRtpCodecCapability[] = [
  {
    kind: 'audio',
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    parameters: { useinbandfec: 1, usedtx: 1 },
  },
  {
    kind: 'video',
    mimeType: 'video/VP8',
    clockRate: 90_000,
    parameters: {},
  },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
];

/** What every router can carry. */
export const ROUTER_CAPABILITIES: types.RouterRtpCapabilities = generateRouterRtpCapabilities(MEDIA_CODECS);
