import { setTimeout as pause } from 'node:timers/promises';
import { adminMethods, type AdminAnswer, type AdminData, type AdminMethod } from '#protocol/admin';
import { ERROR_STATUS } from '#protocol/errors';
import { z } from 'zod';
import { type Config, pageAddress } from '../../config/load.ts';
import { askServer } from '../../server/control/control-client.ts';
import { Busy, CommandError } from './command-error.ts';
import { reach } from './reach.ts';

const refusal = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    fields: z.record(z.string(), z.string()).optional(),
  }),
});

const place = z.object({ address: z.url() });

/** The way to the admin methods: through the server that runs on the data folder, else to the database itself. */
export interface Door extends AsyncDisposable {
  ask<M extends AdminMethod>(method: M, data: AdminData<M>): Promise<AdminAnswer<M>>;
  /** The address of the page, where links begin: PUBLIC_URL, else what the server that runs has. */
  address(): Promise<string>;
}

const TRY_EVERY_MS = 200;
const TRIES = 50;

/** @throws {CommandError} where there is no way. */
export async function openDoor(config: Config): Promise<Door> {
  const folder = config.DATA_DIR;
  for (let left = TRIES; left > 0; left--) {
    const answer = await reach(folder, () => askServer(folder, 'getRegistration', {})).catch(ifBusy);
    // Whoever has the socket and knows no methods is a server that starts, or another command at work.
    if (answer && answer !== 'busy' && answer.status !== ERROR_STATUS.unknown_method) {
      return serverDoor(config);
    }
    if (!answer) {
      // With all that the database needs, which takes a while to load.
      const { databaseDoor } = await import('./database-door.ts');
      const door = await reach(folder, () => databaseDoor(config)).catch(ifBusy);
      if (door !== 'busy') return door;
    }
    await pause(TRY_EVERY_MS);
  }
  throw new Busy();
}

function ifBusy(error: unknown): 'busy' {
  if (error instanceof Busy) return 'busy';
  throw error;
}

function serverDoor(config: Config): Door {
  const folder = config.DATA_DIR;
  const order = async (method: string, data: object): Promise<unknown> => {
    const answer = await reach(folder, () => askServer(folder, method, data));
    if (!answer) throw new Busy();
    if (answer.status >= 400) {
      const { error } = refusal.parse(answer.body);
      // One that has begun to stop, or to restore, knows them no more.
      if (error.code === 'unknown_method') throw new Busy();
      throw new CommandError(error.message, error);
    }
    return answer.body;
  };
  return {
    async ask(method, data) {
      return adminMethods[method].answer.parse(await order(method, data)) as AdminAnswer<typeof method>;
    },
    async address() {
      if (config.PUBLIC_URL !== undefined) return pageAddress(config);
      return place.parse(await order('address', {})).address;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
