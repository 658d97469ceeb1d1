import type { ErrorCode } from '#protocol/errors';
import { requests, type Answer, type Method, type RequestData } from '#protocol/methods';
import type { Peer } from 'protoo-server';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError, internalError, wrongShape } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { UnderWay } from '../under-way.ts';
import type { Connection } from './connection.ts';
import type { Methods } from './methods.ts';
import type { SignalingObserver } from './observer.ts';

interface Options {
  methods: Methods;
  /** Multiplies the rate limit. */
  rateLimitFactor: number;
  observer: Pick<SignalingObserver, 'answered'>;
  /** Holds every request until it is answered. */
  underWay: UnderWay;
  logger: Logger;
}

/** Requests that one connection may send in a stretch of time: far more than a person's clicks make. */
const REQUESTS = { points: 300, duration: 10 };
/** How many times that all connections of an account may send together. */
const BUSY_TABS = 3;
/** What a request counts as, where it is dearer than others: a search looks at every name. */
const COSTS = new Map<string, number>([['listPeople', 3]]);

/** Whether the protocol has it. */
const isMethod = (method: string): method is Method => Object.hasOwn(requests, method);

/** Every request takes this one way: the rate limit, its schema, its rule, its handler; and any error leaves it typed. */
export class Dispatcher {
  readonly #options: Options;
  readonly #byConnection: RateLimiterMemory;
  readonly #byAccount: RateLimiterMemory;

  constructor(options: Options) {
    this.#options = options;
    const points = REQUESTS.points * options.rateLimitFactor;
    this.#byConnection = new RateLimiterMemory({ ...REQUESTS, points });
    this.#byAccount = new RateLimiterMemory({ ...REQUESTS, points: points * BUSY_TABS });
  }

  /** Answers every request of a connection from now on. */
  serve(connection: Connection, peer: Peer): void {
    const { observer, underWay, logger } = this.#options;
    const { id: connectionId, accountId } = connection;
    peer.on('request', ({ method, data }, accept, reject) => {
      const began = performance.now();
      const done = (code: ErrorCode | 'ok') => {
        const seconds = (performance.now() - began) / 1_000;
        const known = isMethod(method) ? method : 'unknown';
        observer.answered(known, code, seconds);
        logger.debug({ connectionId, accountId, method: known, code }, 'a request was answered');
      };
      underWay.track(this.dispatch(connection, method, data)).then(
        (answer) => {
          accept(answer);
          done('ok');
        },
        (error: unknown) => {
          const { code, message } = error instanceof AppError ? error : internalError();
          reject(code, message);
          done(code);
        },
      );
    });
  }

  /** @throws {AppError} and nothing else. */
  async dispatch(connection: Connection, method: string, data: unknown): Promise<object> {
    try {
      await this.#count(connection, method);
      if (!isMethod(method)) throw new AppError('unknown_method', 'There is no such method.');
      return await this.#run(connection, method, data);
    } catch (error) {
      if (error instanceof AppError) throw error;
      const { accountId, id: connectionId } = connection;
      this.#options.logger.error({ connectionId, accountId, method, err: error }, 'a request failed');
      throw internalError();
    }
  }

  async #count({ id, accountId }: Connection, method: string): Promise<void> {
    try {
      await this.#byConnection.consume(id, COSTS.get(method));
      await this.#byAccount.consume(accountId, COSTS.get(method));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new AppError('rate_limited', 'Too many requests. Wait a few seconds.');
    }
  }

  async #run<M extends Method>(connection: Connection, method: M, raw: unknown): Promise<Answer<M>> {
    const parsed = requests[method].data.safeParse(raw);
    if (!parsed.success) throw wrongShape(`The data of ${method} is wrong`, parsed.error);
    // The schema belongs to the method; the table of schemas cannot tell the compiler so for a generic one.
    const data = parsed.data as RequestData<M>;
    const row: Methods[M] = this.#options.methods[method];
    return row.handle(connection, data, await row.rule(connection, data));
  }
}
