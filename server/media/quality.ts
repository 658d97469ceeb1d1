import type { types } from 'mediasoup';
import type { Logger } from '../logger.ts';
import type { MediaObserver, StreamQuality } from './observer.ts';
import type { MediaRooms } from './rooms.ts';

/** How often every stream is measured: one question each to the worker, so 50 calls are 30 a second. */
const EVERY_MS = 15_000;
/** What the report's eighth of a byte stands for (RFC 3550, 6.4.1). */
const LOSS_STEPS = 256;

interface Collaborators {
  rooms: MediaRooms;
  observer: MediaObserver;
  logger: Logger;
  /** In milliseconds; tests have less. */
  every: number | undefined;
}

/** Measures now and then how the streams of all calls do. */
export class QualitySampler {
  readonly #with: Collaborators;
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
    this.#timer = setInterval(() => {
      this.sample().catch((error: unknown) => {
        collaborators.logger.error({ err: error }, 'the quality of media was not measured');
      });
    }, collaborators.every ?? EVERY_MS).unref();
  }

  /** Measures every stream that flows, once; nothing where the time before has not ended yet. */
  async sample(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (const { id, producers, consumers } of this.#with.rooms.participants()) {
        for (const producer of producers) if (!producer.paused) await this.#measure(id, 'up', producer);
        for (const consumer of consumers) {
          if (!consumer.paused && !consumer.producerPaused) await this.#measure(id, 'down', consumer);
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #measure(
    participantId: string,
    direction: StreamQuality['direction'],
    stream: types.Producer | types.Consumer,
  ): Promise<void> {
    // A call that ends just now has nothing to tell.
    const list = await stream.getStats().catch(() => []);
    // A consumer tells of what it is fed with, too.
    const type = direction === 'up' ? 'inbound-rtp' : 'outbound-rtp';
    const clockRate = stream.rtpParameters.codecs[0]?.clockRate ?? 1;
    for (const stats of list) {
      if (stats.type !== type) continue;
      this.#with.observer.measured({
        participantId,
        direction,
        kind: stream.kind,
        loss: stats.fractionLost / LOSS_STEPS,
        jitterSeconds: stats.jitter / clockRate,
        roundTripSeconds: stats.roundTripTime === undefined ? undefined : stats.roundTripTime / 1_000,
        bytesPerSecond: stats.bitrate / 8,
        score: stats.score,
      });
    }
  }
}
