import type { types } from 'mediasoup-client';
import { loadPart } from './load-part.ts';
import type { Signaling } from './signaling.ts';
import { isMistake } from './mistakes.ts';

/** This browser cannot take part in calls, however often it tries. */
export class BrowserUnsupported extends Error {}

/** Whether this browser has WebRTC at all: some are built, or set, to do without. */
export const canCall = (): boolean => 'RTCPeerConnection' in globalThis;

let device: Promise<types.Device> | null = null;

/**
 * Loads mediasoup-client and what it must know of the server, once a page. Call it as soon as a call is
 * likely, so that the click on "Answer" finds it done.
 */
export function prepareMedia(signaling: Signaling): Promise<types.Device> {
  if (!canCall()) return Promise.reject(new BrowserUnsupported('This browser has no WebRTC.'));
  device ??= Promise.all([
    loadPart(() => import('mediasoup-client')),
    signaling.request('getRouterCapabilities', {}),
  ])
    .then(async ([{ Device }, { rtpCapabilities }]) => {
      const made = await Device.factory().catch((cause: unknown) => {
        if (isMistake(cause)) throw cause;
        throw new BrowserUnsupported('This browser has no WebRTC that the media library knows.', { cause });
      });
      await made.load({ routerRtpCapabilities: rtpCapabilities });
      return made;
    })
    .catch((error: unknown) => {
      device = null;
      throw error;
    });
  return device;
}
