import type { types } from 'mediasoup-client';
import type { Signaling } from './signaling.ts';

/** This browser cannot take part in calls, however often it tries. */
export class BrowserUnsupported extends Error {}

let device: Promise<types.Device> | null = null;

/**
 * Loads mediasoup-client and what it must know of the server, once a page. Call it as soon as a call is
 * likely, so that the click on "Answer" finds it done.
 */
export function prepareMedia(signaling: Signaling): Promise<types.Device> {
  device ??= Promise.all([import('mediasoup-client'), signaling.request('getRouterCapabilities', {})])
    .then(async ([{ Device }, { rtpCapabilities }]) => {
      const made = await Device.factory().catch(() => {
        throw new BrowserUnsupported('This browser has no WebRTC that the media library knows.');
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
