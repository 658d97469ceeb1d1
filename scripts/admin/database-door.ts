import { existsSync } from 'node:fs';
import { adminMethods, type AdminAnswer } from '#protocol/admin';
import { type Config, pageAddress } from '../../config/load.ts';
import { PasswordHasher } from '../../server/accounts/password-hasher.ts';
import { OPERATOR } from '../../server/admin/actor.ts';
import { AdminService } from '../../server/admin/admin-service.ts';
import { ControlSocket } from '../../server/control/control-socket.ts';
import { SqlAdminDatabase } from '../../server/db/admin-database.ts';
import { databaseFile } from '../../server/db/database.ts';
import { AppError } from '../../server/errors.ts';
import { FactBus } from '../../server/fact-bus.ts';
import { createLogger } from '../../server/logger.ts';
import { StartError } from '../../server/start-error.ts';
import { openData } from '../../server/start.ts';
import { CommandError } from './command-error.ts';
import type { Door } from './door.ts';
import { reach } from './reach.ts';

/** To the database itself, where no server runs: the same methods, by the same rules. */
export async function databaseDoor(config: Config): Promise<Door> {
  const folder = config.DATA_DIR;
  if (!existsSync(databaseFile(folder))) {
    throw new CommandError(
      `There is no ChatAway in ${folder}: start it once, or set DATA_DIR to the folder that it has.`,
    );
  }
  const logger = createLogger('silent');
  // Keeps a server from starting in the midst of it.
  const control = await ControlSocket.open({ folder, logger });
  // As a start does: an older database is backed up before it is brought up to date.
  const { database } = await openData(config).catch(async (error: unknown) => {
    await control.close();
    throw error instanceof StartError ? new CommandError(error.message) : error;
  });
  const admin = new AdminService({
    database: new SqlAdminDatabase(database, config.REGISTRATION),
    hasher: new PasswordHasher(),
    // Nothing runs that would have to hear of it.
    facts: new FactBus({ logger }),
    logger,
  });
  return {
    async ask(method, data) {
      try {
        const answer = await reach(folder, () => admin.run(OPERATOR, method, data));
        return adminMethods[method].answer.parse(answer) as AdminAnswer<typeof method>;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        throw new CommandError(error.message, { code: error.code, fields: error.details.fields });
      }
    },
    address: () => Promise.resolve(pageAddress(config)),
    async [Symbol.asyncDispose]() {
      await database.destroy();
      await control.close();
    },
  };
}
