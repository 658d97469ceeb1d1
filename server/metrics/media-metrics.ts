import { Counter, Histogram, type Registry } from 'prom-client';

/** How one stream of a call does right now. */
interface StreamQuality {
  readonly direction: 'up' | 'down';
  readonly kind: 'audio' | 'video';
  /** Of the packets of the last report, 0 to 1. */
  readonly loss: number;
  readonly jitterSeconds: number;
  /** Undefined where no report has told it. */
  readonly roundTripSeconds: number | undefined;
  readonly bytesPerSecond: number;
  /** mediasoup's, 0 to 10. */
  readonly score: number;
}

const LOSS_BUCKETS = [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const TIME_BUCKETS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8];
const RATE_BUCKETS = [1_000, 4_000, 8_000, 25_000, 50_000, 100_000, 200_000, 300_000];
const SCORE_BUCKETS = [1, 3, 5, 7, 8, 9, 10];

/** How media flows; of every stream there is one sample each time that they are measured. */
export class MediaMetrics {
  readonly #connected;
  readonly #deaths;
  readonly #loss;
  readonly #jitter;
  readonly #roundTrip;
  readonly #rate;
  readonly #score;

  constructor(registry: Registry) {
    const stream = (name: string, help: string, buckets: number[]) =>
      new Histogram({
        name: `chataway_media_${name}`,
        help,
        labelNames: ['direction', 'kind'] as const,
        buckets,
        registers: [registry],
      });
    this.#connected = new Counter({
      name: 'chataway_media_connections_total',
      help: 'Transports with which the media of a side came up, by the way that it takes.',
      labelNames: ['protocol'] as const,
      registers: [registry],
    });
    this.#deaths = new Counter({
      name: 'chataway_media_worker_deaths_total',
      help: 'Media workers that died and were replaced.',
      registers: [registry],
    });
    this.#loss = stream(
      'loss_ratio',
      'Packets lost on the way, up to or down from the server.',
      LOSS_BUCKETS,
    );
    this.#jitter = stream('jitter_seconds', 'Interarrival jitter (RFC 3550, 6.4.1).', TIME_BUCKETS);
    this.#roundTrip = stream('round_trip_seconds', 'Round trip between client and server.', TIME_BUCKETS);
    this.#rate = stream('rate_bytes_per_second', 'What a stream carries.', RATE_BUCKETS);
    this.#score = stream('score', 'Quality from 0 (nothing arrives) to 10.', SCORE_BUCKETS);
  }

  connected(protocol: 'udp' | 'tcp' | 'relayed'): void {
    this.#connected.inc({ protocol });
  }

  workerDied(): void {
    this.#deaths.inc();
  }

  measured(stream: StreamQuality): void {
    const labels = { direction: stream.direction, kind: stream.kind };
    this.#loss.observe(labels, stream.loss);
    this.#jitter.observe(labels, stream.jitterSeconds);
    if (stream.roundTripSeconds !== undefined) this.#roundTrip.observe(labels, stream.roundTripSeconds);
    this.#rate.observe(labels, stream.bytesPerSecond);
    this.#score.observe(labels, stream.score);
  }
}
