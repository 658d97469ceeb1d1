import {
  adminMethods,
  changes as changeMethods,
  type AdminAnswer,
  type AdminData,
  type AdminMethod,
  type Change,
  type Named,
} from '#protocol/admin';
import { AppError, wrongShape } from '../errors.ts';
import type { Publisher } from '../fact-bus.ts';
import type { Logger } from '../logger.ts';
import { authorise, type Actor } from './actor.ts';
import { createChanges, type Changes } from './changes.ts';
import type { PasswordHasher } from '../accounts/password-hasher.ts';
import type { AdminDatabase } from './ports.ts';
import { QUESTIONS } from './questions.ts';

interface Collaborators {
  database: AdminDatabase;
  hasher: PasswordHasher;
  facts: Publisher;
  logger: Logger;
}

const isMethod = (method: string): method is AdminMethod => Object.hasOwn(adminMethods, method);
const isChange = (method: AdminMethod): method is Change => Object.hasOwn(changeMethods, method);

/**
 * The one way to every admin method, from whichever door: its rule, its schema, its handler, and for what changes
 * something an entry in the audit log, committed with the change or not at all.
 */
export class AdminService {
  readonly #with: Collaborators;
  readonly #changes: Changes;

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
    this.#changes = createChanges(collaborators);
  }

  /** @throws {AppError} `forbidden`, `unknown_method`, `invalid`, or what the method itself refuses with. */
  async run(actor: Actor, method: string, raw: unknown): Promise<object> {
    const { store } = this.#with.database;
    const named = await authorise(actor, isMethod(method) ? method : undefined, store);
    if (!isMethod(method)) throw new AppError('unknown_method', 'There is no such method.');
    if (isChange(method)) return this.#change(actor, method, parse(method, raw));
    // The tables belong together row by row, which the compiler cannot see for a method that it does not know.
    const ask = QUESTIONS[method] as (
      from: typeof store,
      data: unknown,
      asker: Named | null,
    ) => Promise<object>;
    return ask(store, parse(method, raw), named);
  }

  async #change<M extends Change>(actor: Actor, method: M, data: AdminData<M>): Promise<AdminAnswer<M>> {
    const { database, facts, logger } = this.#with;
    const work = await this.#changes[method](data);
    const outcome = await database.transaction(async (store) => {
      // Once more: who was an admin when they asked may be none any more.
      const named = await authorise(actor, method, store);
      const done = await work(store, named);
      const { subject, details } = done;
      await store.audit.append({ at: Date.now(), actor: named, action: method, subject, details });
      return done;
    });
    logger.info(
      {
        method,
        actor: actor.type === 'account' ? actor.identity.accountId : 'operator',
        subject: outcome.subject?.id,
      },
      'an admin has changed something',
    );
    outcome.publish?.(facts);
    return outcome.answer;
  }
}

/** @throws {AppError} `invalid`. */
function parse<M extends AdminMethod>(method: M, raw: unknown): AdminData<M> {
  const parsed = adminMethods[method].data.safeParse(raw);
  if (parsed.success) return parsed.data as AdminData<M>;
  throw wrongShape(`The data of ${method} is wrong`, parsed.error);
}
