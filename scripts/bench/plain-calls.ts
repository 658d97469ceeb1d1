import type { types } from 'mediasoup';
import type { App } from '../../server/app.ts';
import { MEDIA_CODECS } from '../../server/media/codecs.ts';
import { SRTP_SUITE } from './srtp.ts';

/** Where one participant without a browser sends its streams, and what they are. */
export interface PlainSide {
  readonly port: number;
  readonly keyBase64: string;
  readonly audio: { readonly ssrc: number; readonly payloadType: number };
  readonly video: { readonly ssrc: number; readonly payloadType: number };
}

const AUDIO = { payloadType: 100, mimeType: 'audio/opus', clockRate: 48_000, channels: 2 };
const VIDEO = { payloadType: 101, mimeType: 'video/VP8', clockRate: 90_000 };

/**
 * Makes calls of two on the server's own workers and codecs, whose transports speak plain SRTP: no browser
 * could encode fifty calls on the machine that is measured. ICE and DTLS, which cost at the start of a call,
 * are left out.
 */
export async function createPlainCalls(app: App, keys: readonly string[]): Promise<PlainSide[]> {
  const sides: PlainSide[] = [];
  for (let index = 0; index + 1 < keys.length; index += 2) {
    const { worker } = app.workers.leastLoaded();
    const router = await worker.createRouter({ mediaCodecs: MEDIA_CODECS });
    const both = [
      await createSide(router, keys[index] ?? ''),
      await createSide(router, keys[index + 1] ?? ''),
    ];
    for (const receiver of both) {
      const senders = both.filter((side) => side !== receiver);
      for (const { id } of senders.flatMap((sender) => sender.producers)) {
        const { rtpCapabilities } = router;
        await receiver.transport.consume({ producerId: id, rtpCapabilities });
      }
    }
    sides.push(...both.map((side) => side.plain));
  }
  return sides;
}

async function createSide(router: types.Router, keyBase64: string) {
  const transport = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    rtcpMux: true,
    // The address is learnt from the first packet.
    comedia: true,
    enableSrtp: true,
    srtpCryptoSuite: SRTP_SUITE,
  });
  await transport.connect({ srtpParameters: { cryptoSuite: SRTP_SUITE, keyBase64 } });
  // An SSRC names a stream within its transport only.
  const audio = { ssrc: 1, payloadType: AUDIO.payloadType };
  const video = { ssrc: 2, payloadType: VIDEO.payloadType };
  const producers = [
    await transport.produce({
      kind: 'audio',
      rtpParameters: { codecs: [AUDIO], encodings: [{ ssrc: audio.ssrc }] },
    }),
    await transport.produce({
      kind: 'video',
      rtpParameters: { codecs: [VIDEO], encodings: [{ ssrc: video.ssrc }] },
    }),
  ];
  return { transport, producers, plain: { port: transport.tuple.localPort, keyBase64, audio, video } };
}
