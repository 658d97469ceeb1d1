import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import type { FactBus } from '../fact-bus.ts';
import { CallMetrics } from './call-metrics.ts';
import { MediaMetrics } from './media-metrics.ts';
import { watch, type Sources } from './sources.ts';
import { TrafficMetrics } from './traffic-metrics.ts';

/** Node looks at its event loop so often, in milliseconds. */
const LOOP_PRECISION_MS = 50;

let ofProcess: Registry | undefined;

/** What there is once in a process, however many servers tests start in it. */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  }
  return ofProcess;
}

/**
 * What the server tells of itself, for Prometheus (https://prometheus.io/docs/practices/naming/). Labels have few
 * values, and none of them names a person, a call or an address.
 */
export class Metrics {
  readonly calls: CallMetrics;
  readonly media: MediaMetrics;
  readonly traffic: TrafficMetrics;
  readonly #messages: Counter;
  readonly #registry = new Registry();

  constructor() {
    this.calls = new CallMetrics(this.#registry);
    this.media = new MediaMetrics(this.#registry);
    this.traffic = new TrafficMetrics(this.#registry);
    this.#messages = new Counter({
      name: 'chataway_messages_total',
      help: 'Messages that were committed.',
      registers: [this.#registry],
    });
  }

  /** Counts what is committed. */
  subscribe(facts: FactBus): void {
    facts.subscribe('messageStored', () => this.#messages.inc());
    facts.subscribe('callChanged', ({ before, call, at }) => this.calls.changed(before, call, at));
  }

  /** Reads these, too, whenever somebody asks. */
  watch(sources: Sources): void {
    watch(this.#registry, sources);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, in Prometheus' text format. */
  async text(): Promise<string> {
    return Registry.merge([this.#registry, processRegistry()]).metrics();
  }
}
