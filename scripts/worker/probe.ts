import { run } from '../support/run.ts';

/** A worker without MEDIASOUP_VERSION in its environment says so with this exit code. */
const NO_VERSION = 41;

/** Whether the program at `path` is a mediasoup worker that loads on this machine. Takes some 10 ms. */
export async function starts(path: string): Promise<boolean> {
  const { code } = await run(path, [], { env: {}, timeoutMs: 10_000 });
  return code === NO_VERSION;
}

/** Whether the library gets a transport with keys and a port out of the worker at `path`. */
export async function carriesMedia(path: string): Promise<boolean> {
  const { createWorker } = await import('mediasoup');
  try {
    const worker = await createWorker({ workerBin: path });
    try {
      const router = await worker.createRouter({
        mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 }],
      });
      const transport = await router.createWebRtcTransport({
        listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
      });
      return transport.iceCandidates.length > 0 && transport.dtlsParameters.fingerprints.length > 0;
    } finally {
      worker.close();
    }
  } catch {
    return false;
  }
}
