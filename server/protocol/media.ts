import { z } from 'zod';
import { id } from './common.ts';

/**
 * What a client may say to the media server. Each part is bounded and parsed here, because a worker
 * is a C++ process that trusts its own library: nothing reaches it unseen. Sources: RFC 8843 (mid),
 * RFC 8122 (fingerprints), the mediasoup v3 API.
 */

const mediaKind = z.enum(['audio', 'video']);
export type MediaKind = z.infer<typeof mediaKind>;

const token = z.string().min(1).max(64);
const payloadType = z.int().min(0).max(127);
const ssrc = z.int().min(0).max(0xffff_ffff);

/** Format parameters (`a=fmtp`): a flat record of short scalars. */
const parameters = z
  .record(z.string().max(64), z.union([z.string().max(256), z.number(), z.boolean(), z.null()]))
  .refine((record) => Object.keys(record).length <= 32, 'has too many entries');

const rtcpFeedback = z.strictObject({ type: token, parameter: z.string().max(64).optional() });

const mimeType = z.string().regex(/^(audio|video)\/[A-Za-z0-9.-]{1,32}$/);

const codec = z.strictObject({
  mimeType,
  payloadType,
  clockRate: z.int().min(1).max(192_000),
  channels: z.int().min(1).max(8).optional(),
  parameters: parameters.optional(),
  rtcpFeedback: z.array(rtcpFeedback).max(16).optional(),
});

/** The header extensions that our routers know; any other is refused. */
const headerExtensionUri = z.enum([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  'urn:3gpp:video-orientation',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'urn:ietf:params:rtp-hdrext:toffset',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'urn:mediasoup:params:rtp-hdrext:packet-id',
]);

const headerExtension = z.strictObject({
  uri: headerExtensionUri,
  id: z.int().min(1).max(255),
  encrypt: z.boolean().optional(),
  parameters: parameters.optional(),
});

/** Browsers put more into an encoding than mediasoup reads; what it does not read is dropped, not refused. */
const encoding = z.object({
  ssrc: ssrc.optional(),
  rid: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,16}$/)
    .optional(),
  codecPayloadType: payloadType.optional(),
  rtx: z.strictObject({ ssrc }).optional(),
  dtx: z.boolean().optional(),
  scalabilityMode: z
    .string()
    .regex(/^[LS][1-9]T[1-9](_KEY(_SHIFT)?|h(_KEY)?)?$/)
    .optional(),
  maxBitrate: z.int().positive().max(100_000_000).optional(),
});

export const rtpParameters = z.strictObject({
  mid: z.string().max(32).optional(),
  codecs: z.array(codec).min(1).max(16),
  headerExtensions: z.array(headerExtension).max(32).optional(),
  encodings: z.array(encoding).min(1).max(4),
  rtcp: z
    .strictObject({ cname: z.string().max(256).optional(), reducedSize: z.boolean().optional() })
    .optional(),
  msid: z.string().max(256).optional(),
});
export type RtpParameters = z.infer<typeof rtpParameters>;

const direction = z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

export const rtpCapabilities = z.strictObject({
  codecs: z
    .array(
      z.strictObject({
        kind: mediaKind,
        mimeType,
        preferredPayloadType: payloadType,
        clockRate: z.int().min(1).max(192_000),
        channels: z.int().min(1).max(8).optional(),
        parameters: parameters.optional(),
        rtcpFeedback: z.array(rtcpFeedback).max(16).optional(),
      }),
    )
    .max(64),
  headerExtensions: z
    .array(
      z.strictObject({
        kind: mediaKind,
        uri: headerExtensionUri,
        preferredId: z.int().min(1).max(255),
        preferredEncrypt: z.boolean().optional(),
        direction: direction.optional(),
      }),
    )
    .max(64),
});
export type RtpCapabilities = z.infer<typeof rtpCapabilities>;

/** An empty list of fingerprints has killed workers: at least one. Values as in RFC 8122. */
export const dtlsParameters = z.strictObject({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z
    .array(
      z.strictObject({
        algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: z.string().regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){15,63}$/),
      }),
    )
    .min(1)
    .max(8),
});
export type DtlsParameters = z.infer<typeof dtlsParameters>;

const iceParameters = z.strictObject({
  usernameFragment: z.string(),
  password: z.string(),
  iceLite: z.boolean().optional(),
});
export type IceParameters = z.infer<typeof iceParameters>;

const iceCandidate = z.strictObject({
  foundation: z.string(),
  priority: z.int(),
  ip: z.string(),
  address: z.string(),
  protocol: z.enum(['udp', 'tcp']),
  port: z.int(),
  type: z.literal('host'),
  tcpType: z.literal('passive').optional(),
});
export type IceCandidate = z.infer<typeof iceCandidate>;

/** What a client needs to make its end of a transport. */
export const transportOptions = z.strictObject({
  id,
  iceParameters,
  iceCandidates: z.array(iceCandidate),
  dtlsParameters: z.strictObject({
    role: z.enum(['auto', 'client', 'server']).optional(),
    fingerprints: z.array(z.strictObject({ algorithm: z.string(), value: z.string() })),
  }),
});
export type TransportOptions = z.infer<typeof transportOptions>;

/** What a track shows; a screen comes later. */
export const mediaSource = z.enum(['microphone', 'camera']);
export type MediaSource = z.infer<typeof mediaSource>;

/** What a client needs to receive a track. It starts paused and flows after `resumeConsumers`. */
export const consumerOptions = z.strictObject({
  id,
  producerId: id,
  /** Of the participant who sends it. */
  participantId: id,
  source: mediaSource,
  kind: mediaKind,
  rtpParameters: z.looseObject({}),
  /** Whether the sender is muted, or its camera off. */
  producerPaused: z.boolean(),
});
export type ConsumerOptions = z.infer<typeof consumerOptions>;

/** The same for every call, so a client asks once. */
export const routerCapabilities = z.strictObject({ rtpCapabilities: z.looseObject({}) });
export type RouterCapabilities = z.infer<typeof routerCapabilities>;

/** Joins the media of a call that one has called or answered on this connection; joining again starts afresh. */
export const join = z.strictObject({
  callId: id,
  rtpCapabilities,
  /** Whether tracks will follow. Where nobody has any, two who only listen are connected all the same. */
  sending: z.boolean(),
});
export type Join = z.infer<typeof join>;

/** Relays for a client whose network lets only some ports through, as RTCPeerConnection takes them. */
export const iceServers = z.strictObject({
  servers: z.array(
    z.strictObject({ urls: z.array(z.string()), username: z.string(), credential: z.string() }),
  ),
  /** For how many seconds the credentials are good: ask for new ones at half of it. */
  lifetime: z.int().positive(),
});
export type IceServers = z.infer<typeof iceServers>;

export const joined = z.strictObject({
  /** One's own. */
  participantId: id,
  /** Null where the server has no relay. */
  iceServers: iceServers.nullable(),
  sendTransport: transportOptions,
  recvTransport: transportOptions,
  consumers: z.array(consumerOptions),
});
export type Joined = z.infer<typeof joined>;

export const connectTransport = z.strictObject({ callId: id, transportId: id, dtlsParameters });
/** New credentials for the relays of a call that goes on. */
export const getIceServers = z.strictObject({ callId: id });
export const freshIceServers = z.strictObject({ iceServers: iceServers.nullable() });

export const restartIce = z.strictObject({ callId: id, transportId: id });
export const iceRestarted = z.strictObject({ iceParameters });
export type IceRestarted = z.infer<typeof iceRestarted>;

export const produce = z.strictObject({
  callId: id,
  source: mediaSource,
  rtpParameters,
  paused: z.boolean(),
});
export type Produce = z.infer<typeof produce>;
export const produced = z.strictObject({ producerId: id });
export type Produced = z.infer<typeof produced>;

/** Mute and unmute, camera off and on. A paused producer forwards nothing. */
export const pauseProducer = z.strictObject({ callId: id, producerId: id, paused: z.boolean() });

export const resumeConsumers = z.strictObject({ callId: id, consumerIds: z.array(id).min(1).max(16) });

/** The other's track is there (`consumerAdded`), gone (`consumerRemoved`), or paused or resumed by its sender. */
export const consumerAdded = z.strictObject({ callId: id, consumer: consumerOptions });
export type ConsumerAdded = z.infer<typeof consumerAdded>;
export const consumerRemoved = z.strictObject({ callId: id, consumerId: id });
export type ConsumerRemoved = z.infer<typeof consumerRemoved>;
export const consumerPaused = z.strictObject({ callId: id, consumerId: id, paused: z.boolean() });
export type ConsumerPaused = z.infer<typeof consumerPaused>;

/** The server has no media of this tab any more (its worker died, or the server started anew): join again. */
export const mediaLost = z.strictObject({ callId: id });
