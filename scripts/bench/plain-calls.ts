import type { types } from 'mediasoup';
import { MEDIA_CODECS } from '../../server/media/codecs.ts';
import { AUDIO, VIDEO } from './recording.ts';
import { SRTP_SUITE } from './srtp.ts';

/**
 * Makes calls of two on the server's own workers and codecs, whose transports speak plain SRTP: no browser
 * could encode fifty calls on the machine that is measured. ICE and DTLS, which cost at the start of a call,
 * are left out. Returns the ports of all participants.
 */
export async function createPlainCalls(
  workers: readonly types.Worker[],
  calls: number,
  keyBase64: string,
): Promise<number[]> {
  const ports: number[] = [];
  for (let made = 0; made < calls; made++) {
    const worker = workers[made % workers.length];
    if (worker === undefined) throw new Error('the server has no media worker');
    const router = await worker.createRouter({ mediaCodecs: MEDIA_CODECS });
    const { rtpCapabilities } = router;
    const [one, other] = [await createSide(router, keyBase64), await createSide(router, keyBase64)];
    for (const { id } of other.producers) await one.transport.consume({ producerId: id, rtpCapabilities });
    for (const { id } of one.producers) await other.transport.consume({ producerId: id, rtpCapabilities });
    ports.push(one.transport.tuple.localPort, other.transport.tuple.localPort);
  }
  return ports;
}

interface Side {
  readonly transport: types.PlainTransport;
  readonly producers: readonly types.Producer[];
}

async function createSide(router: types.Router, keyBase64: string): Promise<Side> {
  const transport = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    rtcpMux: true,
    // The address is learnt from the first packet.
    comedia: true,
    enableSrtp: true,
    srtpCryptoSuite: SRTP_SUITE,
  });
  await transport.connect({ srtpParameters: { cryptoSuite: SRTP_SUITE, keyBase64 } });
  const audio = await transport.produce({
    kind: 'audio',
    rtpParameters: {
      codecs: [{ mimeType: 'audio/opus', payloadType: AUDIO.payloadType, clockRate: 48_000, channels: 2 }],
      encodings: [{ ssrc: AUDIO.ssrc }],
    },
  });
  const video = await transport.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/VP8', payloadType: VIDEO.payloadType, clockRate: 90_000 }],
      encodings: [{ ssrc: VIDEO.ssrc }],
    },
  });
  return { transport, producers: [audio, video] };
}
