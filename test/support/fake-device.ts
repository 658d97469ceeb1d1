import { vi } from 'vitest';
import { Device, type types } from 'mediasoup-client';
import * as parameters from 'mediasoup-client/fakeParameters';
import { FakeHandler } from 'mediasoup-client/handlers/FakeHandler';

/*
 * mediasoup-client as it is, above its own stand-in for a browser's peer connections, and what a server tells it.
 */

/** Of each transport that was made, in order: first the one that sends, then the one that receives. */
export const handlers: FakeHandler[] = [];

const fake = FakeHandler.createFactory(parameters);
const handlerFactory: types.HandlerFactory = {
  ...fake,
  factory(options) {
    const made = fake.factory(options);
    if (made instanceof FakeHandler) handlers.push(made);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the library's own types say so
    return made;
  },
};
vi.spyOn(Device, 'factory').mockImplementation(() => Promise.resolve(new Device({ handlerFactory })));

/** The answer to `getRouterCapabilities`. */
export const routerCapabilities = () => ({ rtpCapabilities: parameters.generateRouterRtpCapabilities() });

/** A track of another participant, as the server tells of it. */
export function remoteTrack(
  source: 'microphone' | 'camera',
  { id = crypto.randomUUID(), participantId = 'ben', producerPaused = false } = {},
) {
  const codecMimeType = source === 'microphone' ? 'audio/opus' : 'video/VP8';
  const { kind, rtpParameters } = parameters.generateConsumerRemoteParameters({ id, codecMimeType });
  return { id, producerId: crypto.randomUUID(), participantId, source, kind, rtpParameters, producerPaused };
}

interface JoinAnswer {
  consumers?: ReturnType<typeof remoteTrack>[];
  /** For how many seconds the relays' credentials are good. */
  lifetime?: number;
}

/** The answer to `join`. */
export function joinAnswer({ consumers = [], lifetime }: JoinAnswer = {}) {
  const transport = (): types.TransportOptions => parameters.generateTransportRemoteParameters();
  return {
    sendTransport: transport(),
    recvTransport: transport(),
    consumers,
    iceServers: lifetime === undefined ? null : iceServers(lifetime),
  };
}

export function iceServers(lifetime: number) {
  return {
    servers: [{ urls: ['turn:chat.example:3478?transport=udp'], username: 'u', credential: 'c' }],
    lifetime,
  };
}
