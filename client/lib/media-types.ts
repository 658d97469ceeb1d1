import type { types } from 'mediasoup-client';
import type {
  ConsumerOptions,
  DtlsParameters,
  IceRestarted,
  IceServers,
  RtpCapabilities,
  RtpParameters,
  TransportOptions,
} from '#protocol/media';

/*
 * The media library's types and our protocol's tell of the same JSON, and differ in what they say of fields that may
 * be missing. The casts between them are all here: the server parses what it is sent, and a page trusts its server.
 */

/** What the library made, for the server. */
export const ours = {
  rtpCapabilities: (theirs: types.RtpCapabilities) => theirs as RtpCapabilities,
  dtlsParameters: (theirs: types.DtlsParameters) => theirs as DtlsParameters,
  rtpParameters: (theirs: types.RtpParameters) => theirs as unknown as RtpParameters,
};

/** What the server told, for the library. */
export const theirs = {
  rtpParameters: (ours: ConsumerOptions['rtpParameters']) => ours as unknown as types.RtpParameters,
  iceParameters: (ours: IceRestarted['iceParameters']) => ours as types.IceParameters,
  transportOptions: (ours: TransportOptions, iceServers: IceServers | null) =>
    ({ ...ours, ...(iceServers && { iceServers: iceServers.servers }) }) as types.TransportOptions,
};
