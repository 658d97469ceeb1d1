import type { ErrorCode } from '#protocol/errors';
import { Counter, Histogram, type Registry } from 'prom-client';

const HTTP_BUCKETS = [0.005, 0.02, 0.1, 0.5, 2];
const SOCKET_BUCKETS = [0.002, 0.01, 0.05, 0.2, 1];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];

/** What clients ask, over HTTP and WebSocket, and what they are answered. */
export class TrafficMetrics {
  readonly #http;
  readonly #requests;
  readonly #durations;
  readonly #errors;
  readonly #opened;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#http = new Histogram({
      name: 'chataway_http_request_duration_seconds',
      help: 'HTTP requests by the pattern of their route.',
      labelNames: ['route', 'method', 'status'] as const,
      buckets: HTTP_BUCKETS,
      registers,
    });
    this.#requests = new Counter({
      name: 'chataway_socket_requests_total',
      help: 'Requests over the WebSocket by their method; code is "ok" or that of the error.',
      labelNames: ['method', 'code'] as const,
      registers,
    });
    this.#durations = new Histogram({
      name: 'chataway_socket_request_duration_seconds',
      help: 'From a request over the WebSocket to its answer.',
      buckets: SOCKET_BUCKETS,
      registers,
    });
    this.#errors = new Counter({
      name: 'chataway_errors_total',
      help: 'Errors that clients were told; rate_limited counts the limits hit, internal our own faults.',
      labelNames: ['channel', 'code'] as const,
      registers,
    });
    this.#opened = new Counter({
      name: 'chataway_sockets_opened_total',
      help: 'WebSocket connections that were opened.',
      registers,
    });
  }

  /** An HTTP request was answered. `route`: its pattern, never its path. */
  served(route: string, method: string, status: number, seconds: number): void {
    this.#http.observe({ route, method: METHODS.includes(method) ? method : 'other', status }, seconds);
  }

  /** A request over the WebSocket was answered. `method`: one that there is, or `unknown`. */
  answered(method: string, code: ErrorCode | 'ok', seconds: number): void {
    this.#requests.inc({ method, code });
    this.#durations.observe(seconds);
    if (code !== 'ok') this.failed('socket', code);
  }

  failed(channel: 'http' | 'socket', code: ErrorCode): void {
    this.#errors.inc({ channel, code });
  }

  opened(): void {
    this.#opened.inc();
  }
}
