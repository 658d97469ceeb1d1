import type { types } from 'mediasoup-client';
import type { Route } from '#protocol/check';
import type { IceServers, TransportOptions } from '#protocol/media';
import { isDirect } from '#protocol/rules';
import { deferred } from './deferred.ts';
import type { CheckResult, RouteResult } from './diagnosis.ts';
import { uuid } from './ids.ts';
import { prepareMedia } from './media-device.ts';
import { ours, theirs } from './media-types.ts';
import type { Signaling } from './signaling.ts';
import { reportMistake } from './mistakes.ts';

/** A way that has not connected by then is as good as none. In milliseconds. */
const CONNECTS_WITHIN = 8_000;
const PICTURE_WITHIN = 5_000;
const PICTURE_EVERY = 100;

/**
 * Tries every way to the media server at once, and sends a picture there and back over the best. It needs neither
 * camera nor microphone.
 *
 * @param onRoute Told of each way as it is known.
 * @param signal Ends it: nobody looks any more.
 * @throws {RequestError | ConnectionLost | BrowserUnsupported} Also where the server could not be asked in between: what
 *   was not tried is not blocked.
 */
export async function checkCalls(
  signaling: Signaling,
  onRoute: (route: Route, result: RouteResult | 'trying') => void,
  signal: AbortSignal,
): Promise<CheckResult> {
  const device = await prepareMedia(signaling);
  const rtpCapabilities = ours.rtpCapabilities(device.recvRtpCapabilities);
  const { checkId, routes, back, seen } = await signaling.request('openCheck', { rtpCapabilities });
  const picture = paint();
  const opened: types.Transport[] = [];
  /** Once all were tried. */
  let failed: Route[] | undefined;
  /** What the server was asked for on the way. */
  const asked: Promise<unknown>[] = [];
  const close = () => {
    picture.stop();
    for (const transport of opened) transport.close();
    // Without it the check ends by itself.
    signaling.request('closeCheck', { checkId, ...(failed && { failed }) }).catch(reportMistake);
  };
  signal.addEventListener('abort', close, { once: true });
  const open = (transport: types.Transport) => {
    opened.push(transport);
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      const data = { transportId: transport.id, dtlsParameters: ours.dtlsParameters(dtlsParameters) };
      const connected = signaling.request('connectCheck', data);
      asked.push(connected);
      connected.then(done, failed);
    });
    return transport;
  };
  try {
    const tried = await Promise.all(
      routes.map(async ({ route, transport, iceServers }) => {
        onRoute(route, 'trying');
        const options = transportOptions(transport, iceServers, route);
        const sent = await send(signaling, open(device.createSendTransport(options)), picture.track);
        asked.push(sent.producerId);
        onRoute(route, sent.connected ? 'works' : 'fails');
        return { route, ...sent };
      }),
    );
    signal.throwIfAborted();
    await Promise.all(asked);
    failed = tried.filter(({ connected }) => !connected).map(({ route }) => route);
    const best = tried.find(({ connected }) => connected);
    const loopback =
      best !== undefined &&
      (await comesBack(
        signaling,
        open(device.createRecvTransport(transportOptions(back.transport, back.iceServers, 'udp'))),
        await best.producerId,
      ));
    return {
      routes: new Map(tried.map(({ route, connected }) => [route, connected ? 'works' : 'fails'])),
      loopback,
      seen,
      ports: new Map(
        routes.map(({ route, transport, iceServers }) => [route, portOf(transport, iceServers)]),
      ),
    };
  } finally {
    signal.removeEventListener('abort', close);
    if (!signal.aborted) close();
  }
}

interface Sent {
  connected: boolean;
  producerId: Promise<string>;
}

/** Sends the picture over this transport, and tells whether it connects. */
async function send(
  signaling: Signaling,
  transport: types.Transport,
  track: MediaStreamTrack,
): Promise<Sent> {
  const answered = deferred<string>();
  answered.promise.catch(reportMistake);
  transport.on('produce', ({ rtpParameters }, done) => {
    const data = { transportId: transport.id, rtpParameters: ours.rtpParameters(rtpParameters) };
    signaling
      .request('produceCheck', data)
      .then(({ producerId }) => answered.resolve(producerId), answered.reject);
    done({ id: uuid() });
  });
  const connected = becomes(transport, CONNECTS_WITHIN);
  await transport.produce({ track: track.clone() }).catch(answered.reject);
  return { connected: await connected, producerId: answered.promise };
}

/** Whether what is sent by this producer comes back. */
async function comesBack(
  signaling: Signaling,
  transport: types.Transport,
  producerId: string,
): Promise<boolean> {
  const { consumer } = await signaling.request('consumeCheck', { producerId });
  const { track } = await transport.consume({
    id: consumer.id,
    producerId: consumer.producerId,
    kind: consumer.kind,
    rtpParameters: theirs.rtpParameters(consumer.rtpParameters),
  });
  // A track of a connection is muted until its first packet comes (Media Capture and Streams, 4.3.1).
  if (!track.muted) return true;
  return within(PICTURE_WITHIN, (yes) => {
    track.onunmute = yes;
  });
}

function becomes(transport: types.Transport, milliseconds: number): Promise<boolean> {
  return within(milliseconds, (yes, no) => {
    transport.on('connectionstatechange', (state) => {
      if (state === 'connected') yes();
      if (state === 'failed' || state === 'closed') no();
    });
  });
}

function within(milliseconds: number, watch: (yes: () => void, no: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    watch(
      () => resolve(true),
      () => resolve(false),
    );
    setTimeout(() => resolve(false), milliseconds);
  });
}

/** A picture that changes, from no camera. */
function paint(): { track: MediaStreamTrack; stop: () => void } {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 64;
  const pen = canvas.getContext('2d');
  const timer = setInterval(() => {
    if (!pen) return;
    pen.fillStyle = `hsl(${Math.random() * 360} 80% 50%)`;
    pen.fillRect(0, 0, canvas.width, canvas.height);
  }, PICTURE_EVERY);
  const [track] = canvas.captureStream(1_000 / PICTURE_EVERY).getVideoTracks();
  if (!track) throw new Error('a canvas has no picture');
  return {
    track,
    stop() {
      clearInterval(timer);
      track.stop();
    },
  };
}

function transportOptions(
  transport: TransportOptions,
  iceServers: IceServers | null,
  route: Route,
): types.TransportOptions {
  return {
    ...theirs.transportOptions(transport, iceServers),
    iceTransportPolicy: isDirect(route) ? 'all' : 'relay',
  };
}

/** Where the server listens for this way. */
function portOf({ iceCandidates }: TransportOptions, iceServers: IceServers | null): number {
  const url = iceServers?.servers[0]?.urls[0];
  return Number(url ? /:(\d+)\?/.exec(url)?.[1] : iceCandidates[0]?.port);
}
