import type { Page } from 'puppeteer-core';

/** What a page sends and receives by WebRTC at a moment, summed over its open connections. */
export interface MediaReport {
  /** Peer connections that are not closed. */
  readonly connections: number;
  /** Cameras and microphones that are on: their light shines. */
  readonly camerasOn: number;
  readonly microphonesOn: number;
  readonly audio: {
    readonly packetsSent: number;
    readonly packetsReceived: number;
    /** Of what was received and played; see `totalAudioEnergy` in WebRTC's statistics. */
    readonly energy: number;
    /** Samples that were lost and made up, of `samples`. */
    readonly concealed: number;
    readonly samples: number;
  };
  readonly video: {
    readonly packetsSent: number;
    readonly packetsReceived: number;
    readonly framesEncoded: number;
    readonly framesDecoded: number;
    /** The size of the received picture; 0 before there is one. */
    readonly width: number;
    readonly height: number;
    /** For how long the received picture stood still in all, in seconds; 0 where the browser does not say. */
    readonly frozen: number;
  };
  /** The round trip of the media's way, in milliseconds; undefined before it was measured. */
  readonly roundTripMs: number | undefined;
  /** `udp` or `tcp` of the candidate pairs in use, without repetition. */
  readonly protocols: readonly string[];
  /** How the relays in use are reached: `turn:udp`, `turn:tcp` or `turns:tcp`, without repetition; none for direct ways. */
  readonly relays: readonly string[];
  /** The addresses that the server's candidates have, without repetition. */
  readonly servers: readonly string[];
}

interface Watched {
  connections: RTCPeerConnection[];
  tracks: MediaStreamTrack[];
}

interface WatchedWindow extends Window {
  watchedMedia?: Watched;
}

/**
 * Has the page keep its peer connections and device tracks where `readMedia` finds them; to be called before the
 * page is opened. What the page does stays the same.
 */
export async function watchMedia(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const watched: Watched = { connections: [], tracks: [] };
    (window as WatchedWindow).watchedMedia = watched;

    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        watched.connections.push(this);
      }
    };

    // Elsewhere there are no devices.
    if (!isSecureContext) return;
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      watched.tracks.push(...stream.getTracks());
      return stream;
    };
    // A clone keeps the device on as well.
    const prototype = MediaStreamTrack.prototype;
    const clone = prototype.clone;
    prototype.clone = function (this: MediaStreamTrack) {
      const copy = clone.call(this);
      if (watched.tracks.includes(this)) watched.tracks.push(copy);
      return copy;
    };
  });
}

/** What the page sends and receives now. */
export async function readMedia(page: Page): Promise<MediaReport> {
  return page.evaluate(async () => {
    // Browsers leave out what they do not count, or have not counted yet.
    interface Entry {
      id: string;
      type: string;
      kind?: string;
      packetsSent?: number;
      packetsReceived?: number;
      framesEncoded?: number;
      framesDecoded?: number;
      frameWidth?: number;
      frameHeight?: number;
      totalAudioEnergy?: number;
      concealedSamples?: number;
      totalSamplesReceived?: number;
      totalFreezesDuration?: number;
      selectedCandidatePairId?: string;
      selected?: boolean;
      nominated?: boolean;
      state?: string;
      currentRoundTripTime?: number;
      localCandidateId?: string;
      address?: string;
      protocol?: string;
      candidateType?: string;
      relayProtocol?: string;
    }
    const { connections, tracks } = (window as WatchedWindow).watchedMedia ?? { connections: [], tracks: [] };
    const open = connections.filter(({ connectionState }) => connectionState !== 'closed');
    const reports = await Promise.all(
      open.map(async (connection) => {
        const report = await connection.getStats();
        const entries: Entry[] = [];
        report.forEach((entry: Entry) => entries.push(entry));
        return entries;
      }),
    );
    const entries = reports.flat();

    type Count = Exclude<
      keyof Entry,
      'id' | 'type' | 'kind' | 'selected' | 'nominated' | 'state' | `${string}Id`
    >;
    const of = (type: string, kind: string) =>
      entries.filter((entry) => entry.type === type && entry.kind === kind);
    const sum = (list: Entry[], key: Count) =>
      list.reduce((total, entry) => total + Number(entry[key] ?? 0), 0);

    const pairs = reports.flatMap((report) => {
      const chosen = report.find(({ selectedCandidatePairId }) => selectedCandidatePairId !== undefined);
      return report.filter(
        ({ id, type, selected, nominated, state }) =>
          type === 'candidate-pair' &&
          (chosen
            ? id === chosen.selectedCandidatePairId
            : (selected ?? (nominated && state === 'succeeded'))),
      );
    });
    const roundTrips = pairs.flatMap(({ currentRoundTripTime: time }) =>
      time === undefined ? [] : [time * 1_000],
    );
    const relays = pairs.flatMap(({ localCandidateId }) => {
      const local = entries.find(({ id }) => id === localCandidateId);
      if (local?.candidateType !== 'relay') return [];
      return local.relayProtocol === 'tls' ? 'turns:tcp' : `turn:${local.relayProtocol ?? ''}`;
    });
    const protocols = pairs.flatMap(
      ({ localCandidateId }) => entries.find(({ id }) => id === localCandidateId)?.protocol ?? [],
    );

    const servers = entries.flatMap(({ type, address }) =>
      type === 'remote-candidate' ? (address ?? []) : [],
    );

    const live = (kind: string) =>
      tracks.filter((track) => track.kind === kind && track.readyState === 'live').length;
    const heard = of('inbound-rtp', 'audio');
    const seen = of('inbound-rtp', 'video');
    const said = of('outbound-rtp', 'audio');
    const shown = of('outbound-rtp', 'video');
    return {
      connections: open.length,
      camerasOn: live('video'),
      microphonesOn: live('audio'),
      audio: {
        packetsSent: sum(said, 'packetsSent'),
        packetsReceived: sum(heard, 'packetsReceived'),
        energy: sum(heard, 'totalAudioEnergy'),
        concealed: sum(heard, 'concealedSamples'),
        samples: sum(heard, 'totalSamplesReceived'),
      },
      video: {
        packetsSent: sum(shown, 'packetsSent'),
        packetsReceived: sum(seen, 'packetsReceived'),
        framesEncoded: sum(shown, 'framesEncoded'),
        framesDecoded: sum(seen, 'framesDecoded'),
        width: Math.max(0, ...seen.map(({ frameWidth }) => frameWidth ?? 0)),
        height: Math.max(0, ...seen.map(({ frameHeight }) => frameHeight ?? 0)),
        frozen: sum(seen, 'totalFreezesDuration'),
      },
      roundTripMs: roundTrips.length > 0 ? Math.max(...roundTrips) : undefined,
      protocols: [...new Set(protocols)],
      relays: [...new Set(relays)],
      servers: [...new Set(servers)],
    };
  });
}
