import { requests, type Answer, type Method, type RequestData } from '#protocol/methods';
import { AppError, internalError, wrongShape } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Authorisation } from './authorisation.ts';
import type { Connection } from './connection.ts';
import type { Handlers } from './handlers.ts';

interface Options {
  authorisation: Authorisation;
  handlers: Handlers;
  logger: Logger;
}

/** Whether the protocol has it. */
export const isMethod = (method: string): method is Method => Object.hasOwn(requests, method);

/** Every request takes this one way: its schema, its rule, its handler; and any error leaves it typed. */
export class Dispatcher {
  readonly #with: Options;

  constructor(options: Options) {
    this.#with = options;
  }

  /** @throws {AppError} and nothing else. */
  async dispatch(connection: Connection, method: string, data: unknown): Promise<object> {
    try {
      if (!isMethod(method)) throw new AppError('unknown_method', 'There is no such method.');
      return await this.#run(connection, method, data);
    } catch (error) {
      if (error instanceof AppError) throw error;
      const { accountId, id: connectionId } = connection;
      this.#with.logger.error({ connectionId, accountId, method, err: error }, 'a request failed');
      throw internalError();
    }
  }

  async #run<M extends Method>(connection: Connection, method: M, raw: unknown): Promise<Answer<M>> {
    const parsed = requests[method].data.safeParse(raw);
    if (!parsed.success) throw wrongShape(`The data of ${method} is wrong`, parsed.error);
    // The schema belongs to the method; the table of schemas cannot tell the compiler so for a generic one.
    const data = parsed.data as RequestData<M>;
    const rule: Authorisation[M] = this.#with.authorisation[method];
    const handle: Handlers[M] = this.#with.handlers[method];
    return handle(connection, data, await rule(connection, data));
  }
}
