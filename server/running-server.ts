import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import { z } from 'zod';
import { backupsFolder, type Config, pageAddress } from '../config/load.ts';
import { createApp, type App } from './app.ts';
import type { Overrides } from './app/overrides.ts';
import type { ControlSocket } from './control/control-socket.ts';
import { assertOurs, BackupError, verifyBackup } from './db/backup-folder.ts';
import { restoreBackup, type Restored } from './db/restore.ts';
import { AppError } from './errors.ts';
import { createLogger, type Logger } from './logger.ts';
import { openControl } from './start.ts';

/** As the whole process has where it is stopped. */
const CLOSE_WITHIN_MS = 9_000;

const restoreData = z.strictObject({ folder: z.string(), trust: z.boolean() });

/**
 * The app behind the operator's door. A restore closes it, changes the data, and opens the next one at the same port:
 * everything that is kept in memory is built anew from what was restored, and clients come back as after a restart.
 */
export class RunningServer {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #control: ControlSocket;
  readonly #overrides: Overrides;
  readonly #onBroken: (error: unknown) => void;
  #app: App;
  #port: number;
  /** Restores and the end come one after the other. */
  readonly #inTurn = pLimit(1);
  #closed = false;

  private constructor(given: {
    config: Config;
    logger: Logger;
    control: ControlSocket;
    overrides: Overrides;
    onBroken: (error: unknown) => void;
    app: App;
    port: number;
  }) {
    this.#config = given.config;
    this.#logger = given.logger;
    this.#control = given.control;
    this.#overrides = given.overrides;
    this.#onBroken = given.onBroken;
    this.#app = given.app;
    this.#port = given.port;
  }

  /**
   * Starts to serve.
   *
   * @param onBroken - told where a server does not open again after a restore: there is none any more
   * @throws {StartError}
   */
  static async start(
    config: Config,
    onBroken: (error: unknown) => void,
    overrides: Overrides = {},
  ): Promise<RunningServer> {
    const logger = createLogger(config.LOG_LEVEL);
    const control = await openControl(config, logger);
    try {
      const { app, port } = await open(config, { control, logger }, overrides);
      const server = new RunningServer({ config, logger, control, overrides, onBroken, app, port });
      control.serve({
        address: () => Promise.resolve({ address: server.address }),
        restore: (data) => server.#inTurn(() => server.#restore(data)),
      });
      return server;
    } catch (error) {
      await control.close();
      throw error;
    }
  }

  get app(): App {
    return this.#app;
  }

  get port(): number {
    return this.#port;
  }

  /** The address of the page. */
  get address(): string {
    return pageAddress({ ...this.#config, PORT: this.#port });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      await this.#app.close();
      await this.#control.close();
    });
  }

  async #restore(data: unknown): Promise<Restored> {
    const asked = restoreData.safeParse(data);
    if (!asked.success) throw new AppError('invalid', 'Tell which backup.');
    if (this.#closed) throw new AppError('invalid', 'The server is about to end.');
    const logger = this.#logger.child({ backup: asked.data.folder });
    try {
      // While it serves: this takes the longest.
      const backup = await verifyBackup(asked.data.folder);
      if (!asked.data.trust) assertOurs(backup, this.#config.DATA_DIR);
      logger.info('a restore begins');
      const restored = await this.#whileClosed(() =>
        restoreBackup({ backup, folder: this.#config.DATA_DIR, backups: backupsFolder(this.#config) }),
      );
      logger.info('a restore has ended');
      return restored;
    } catch (error) {
      if (error instanceof BackupError) throw new AppError('invalid', error.message);
      throw error;
    }
  }

  async #whileClosed<T>(work: () => Promise<T>): Promise<T> {
    await this.#closeApp();
    try {
      return await work();
    } finally {
      await this.#reopen();
    }
  }

  /** What does not close can be neither changed nor opened again: whoever watches the process starts another. */
  async #closeApp(): Promise<void> {
    try {
      const late = pause(CLOSE_WITHIN_MS, undefined, { ref: false }).then(() => {
        throw new Error('the server does not close');
      });
      await Promise.race([this.#app.close(), late]);
    } catch (error) {
      await this.#control.close();
      this.#onBroken(error);
      throw error;
    }
  }

  async #reopen(): Promise<void> {
    try {
      const config = { ...this.#config, PORT: this.#port };
      const { app } = await open(config, { control: this.#control, logger: this.#logger }, this.#overrides);
      this.#app = app;
    } catch (error) {
      await this.#control.close();
      this.#onBroken(error);
      throw error;
    }
  }
}

async function open(
  config: Config,
  given: { control: ControlSocket; logger: Logger },
  overrides: Overrides,
): Promise<{ app: App; port: number }> {
  const app = await createApp(config, given, overrides);
  try {
    return { app, port: await app.listen() };
  } catch (error) {
    await app.close();
    throw error;
  }
}
