import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { adminMethods, type AdminAnswer, type AdminData, type AdminMethod } from '#protocol/admin';
import { z } from 'zod';
import type { Config } from '../../config/load.ts';
import { PasswordHasher } from '../../server/accounts/password-hasher.ts';
import { OPERATOR } from '../../server/admin/actor.ts';
import { AdminService } from '../../server/admin/admin-service.ts';
import { askServer } from '../../server/control/control-client.ts';
import { ControlSocket } from '../../server/control/control-socket.ts';
import { SqlAdminDatabase } from '../../server/db/admin-database.ts';
import { DATABASE_FILE, openDatabase } from '../../server/db/database.ts';
import { AppError } from '../../server/errors.ts';
import { createLogger } from '../../server/logger.ts';
import { CommandError } from './command-error.ts';

const refusal = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    fields: z.record(z.string(), z.string()).optional(),
  }),
});

/** The way to the admin methods: through the server that runs on the data folder, else to the database itself. */
export interface Door extends AsyncDisposable {
  ask<M extends AdminMethod>(method: M, data: AdminData<M>): Promise<AdminAnswer<M>>;
}

/** @throws {CommandError} where there is no way. */
export async function openDoor(config: Config): Promise<Door> {
  const folder = config.DATA_DIR;
  const running = await reach(folder, () => askServer(folder, 'hello', {}));
  return running ? serverDoor(folder) : reach(folder, () => databaseDoor(config));
}

function serverDoor(folder: string): Door {
  return {
    async ask(method, data) {
      const answer = await reach(folder, () => askServer(folder, method, data));
      if (!answer) throw new CommandError('The server stopped meanwhile: run the command again.');
      if (answer.status >= 400) {
        const { error } = refusal.parse(answer.body);
        throw new CommandError(error.message, error);
      }
      return adminMethods[method].answer.parse(answer.body) as AdminAnswer<typeof method>;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function databaseDoor(config: Config): Promise<Door> {
  const folder = config.DATA_DIR;
  if (!existsSync(join(folder, DATABASE_FILE))) {
    throw new CommandError(
      `There is no ChatAway in ${folder}: start it once, or set DATA_DIR to the folder that it has.`,
    );
  }
  const logger = createLogger('silent');
  // Keeps a server from starting in the midst of it.
  const control = await ControlSocket.open({ folder, logger });
  const database = await openDatabase(folder).catch((error: unknown) => {
    control.close();
    throw error;
  });
  const nobody = () => undefined;
  const admin = new AdminService({
    database: new SqlAdminDatabase(database, config.REGISTRATION),
    hasher: new PasswordHasher(),
    // Nothing runs that would have to learn of it.
    listener: { accountAdded: nobody, accountChanged: nobody, accountDeleted: nobody, sessionsEnded: nobody },
    logger,
  });
  return {
    async ask(method, data) {
      try {
        const answer = await admin.run(OPERATOR, method, data);
        return adminMethods[method].answer.parse(answer) as AdminAnswer<typeof method>;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        throw new CommandError(error.message, { code: error.code, fields: error.details.fields });
      }
    },
    async [Symbol.asyncDispose]() {
      await database.destroy();
      control.close();
    },
  };
}

/** What the system refuses, as a sentence that says how to mend it. */
async function reach<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EADDRINUSE') {
      throw new CommandError('Another command is at work on the database: run this one again.');
    }
    if (!/^(E[A-Z]+$|SQLITE_)/.test(code)) throw error;
    throw new CommandError(
      `The data folder ${folder} cannot be used: run this as the user that the server runs as (${code}).`,
    );
  }
}
