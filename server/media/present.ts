import type {
  ConsumerOptions,
  IceCandidate,
  MediaSource,
  RtpParameters,
  TransportOptions,
} from '#protocol/media';
import type { types } from 'mediasoup';
import { AppError } from '../errors.ts';

/** What the server keeps beside each producer and consumer. */
export interface Tag extends types.AppData {
  source: MediaSource;
  participantId: string;
}

/** Candidates as clients shall see them. */
export type Announce = (candidates: readonly IceCandidate[]) => IceCandidate[];

export function presentTransport(transport: types.WebRtcTransport, announce: Announce): TransportOptions {
  const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
  return { id, iceParameters, iceCandidates: announce(iceCandidates.map(toCandidate)), dtlsParameters };
}

export function presentConsumer(consumer: types.Consumer<Tag>): ConsumerOptions {
  const { id, producerId, kind, appData, producerPaused, rtpParameters } = consumer;
  return {
    id,
    producerId,
    kind,
    participantId: appData.participantId,
    source: appData.source,
    producerPaused,
    rtpParameters: { ...rtpParameters },
  };
}

/** The worker does not look whether the codecs are of the kind; whoever received them would break on it. */
export function isOfKind({ codecs }: RtpParameters, kind: types.MediaKind): boolean {
  return codecs.every(({ mimeType }) => mimeType.startsWith(`${kind}/`));
}

export const mediaRefused = () =>
  new AppError('media_refused', 'The media server cannot do this as it was asked.');

/**
 * Parsed optional fields may be `undefined` by type, which mediasoup's types do not allow; a trip through
 * JSON, from where they came, leaves those out.
 */
export function withoutUndefined<T>(value: T): Defined<T> {
  return JSON.parse(JSON.stringify(value)) as Defined<T>;
}

type Defined<T> = T extends readonly (infer E)[]
  ? Defined<E>[]
  : T extends object
    ? { [K in keyof T]: Defined<Exclude<T[K], undefined>> }
    : T;

function toCandidate({
  foundation,
  priority,
  ip,
  address,
  protocol,
  port,
  tcpType,
}: types.IceCandidate): IceCandidate {
  return { foundation, priority, ip, address, protocol, port, type: 'host', ...(tcpType && { tcpType }) };
}
