import { Counter, Histogram, type Registry } from 'prom-client';
import { stateOf, type Call } from '../calls/call.ts';

const SET_UP_BUCKETS = [0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 15];
const DURATION_BUCKETS = [10, 60, 300, 900, 1_800, 3_600, 7_200, 14_400];

/** How calls go: what becomes of them, and how long people wait. */
export class CallMetrics {
  readonly #ended;
  readonly #alerted;
  readonly #setUp;
  readonly #lasted;
  readonly #broken;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#ended = new Counter({
      name: 'chataway_calls_total',
      help: 'Calls that have ended, by what became of them.',
      labelNames: ['outcome', 'kind'] as const,
      registers,
    });
    this.#alerted = new Histogram({
      name: 'chataway_call_alert_seconds',
      help: 'From the invitation until a device of the callee rings.',
      buckets: SET_UP_BUCKETS,
      registers,
    });
    this.#setUp = new Histogram({
      name: 'chataway_call_setup_seconds',
      help: 'From the answer until media is up on both sides.',
      buckets: SET_UP_BUCKETS,
      registers,
    });
    this.#lasted = new Histogram({
      name: 'chataway_call_duration_seconds',
      help: 'From the answer to the end.',
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#broken = new Counter({
      name: 'chataway_call_interruptions_total',
      help: 'How often a side of a call lost its media or its connection.',
      registers,
    });
  }

  changed(before: Call | undefined, call: Call, now: number): void {
    if (call.alertedAt !== null && before?.alertedAt === null)
      this.#alerted.observe(seconds(call.createdAt, call.alertedAt));
    if (call.end) {
      this.#ended.inc({ outcome: call.end.reason, kind: call.kind });
      if (call.answeredAt !== null) this.#lasted.observe(seconds(call.answeredAt, call.end.at));
      return;
    }
    const [was, is] = [before && stateOf(before), stateOf(call)];
    // What was interrupted meanwhile tells of the interruption, not of the set-up.
    if (was === 'connecting' && is === 'active' && call.answeredAt !== null)
      this.#setUp.observe(seconds(call.answeredAt, now));
    if (was !== 'reconnecting' && is === 'reconnecting') this.#broken.inc();
  }
}

const seconds = (from: number, to: number): number => Math.max(0, to - from) / 1_000;
