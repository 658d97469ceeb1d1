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
  rtpCapabilities: (made: types.RtpCapabilities) => made as RtpCapabilities,
  dtlsParameters: (made: types.DtlsParameters) => made as DtlsParameters,
  rtpParameters: (made: types.RtpParameters) => made as unknown as RtpParameters,
};

/** What the server told, for the library. */
export const theirs = {
  rtpParameters: (told: ConsumerOptions['rtpParameters']) => told as unknown as types.RtpParameters,
  iceParameters: (told: IceRestarted['iceParameters']) => told as types.IceParameters,
  transportOptions: (told: TransportOptions, iceServers: IceServers | null) =>
    ({ ...told, ...(iceServers && { iceServers: iceServers.servers }) }) as types.TransportOptions,
};
