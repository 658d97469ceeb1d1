import type { DtlsParameters, Joined, RtpCapabilities, RtpParameters } from '#protocol/media';
import { randomBytes, randomInt } from 'node:crypto';
import type { TestConnection } from './connection.ts';

const AUDIO_LEVEL = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';

/** What a browser says of an Opus track. */
export const microphone = (): RtpParameters => ({
  mid: '0',
  codecs: [
    {
      mimeType: 'audio/opus',
      payloadType: 111,
      clockRate: 48_000,
      channels: 2,
      parameters: { useinbandfec: 1, usedtx: 1 },
      rtcpFeedback: [],
    },
  ],
  headerExtensions: [
    { uri: MID, id: 4 },
    { uri: AUDIO_LEVEL, id: 1 },
  ],
  encodings: [{ ssrc: randomInt(1, 2 ** 32 - 1), dtx: true }],
  rtcp: { cname: 'test', reducedSize: true },
});

/** What a browser says of a VP8 track with retransmission. */
export const camera = (): RtpParameters => ({
  mid: '1',
  codecs: [
    {
      mimeType: 'video/VP8',
      payloadType: 96,
      clockRate: 90_000,
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'transport-cc' }],
    },
    { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
  ],
  headerExtensions: [{ uri: MID, id: 4 }],
  encodings: [{ ssrc: randomInt(1, 2 ** 31), rtx: { ssrc: randomInt(2 ** 31, 2 ** 32 - 1) } }],
  rtcp: { cname: 'test' },
});

/** A certificate's fingerprint, of no certificate that there is. */
export const fingerprint = (role: 'client' | 'server' = 'client'): DtlsParameters => ({
  role,
  fingerprints: [
    {
      algorithm: 'sha-256',
      value: (randomBytes(32).toString('hex').toUpperCase().match(/../g) ?? []).join(':'),
    },
  ],
});

/** Joins a call's media as a client that can receive all that the server can send. */
export async function joinMedia(connection: TestConnection, callId: string, sending = true): Promise<Joined> {
  const { rtpCapabilities } = await connection.request('getRouterCapabilities', {});
  return connection.request('join', { callId, rtpCapabilities: rtpCapabilities as RtpCapabilities, sending });
}
