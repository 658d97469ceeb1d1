import { mkdirSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { FolderLock } from './folder-lock.ts';
import { AppError, internalError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { askServer, controlPath, type ControlAnswer } from './control-client.ts';

/** What the operator may have done, by name. Each parses its own data. */
export type ControlMethods = Readonly<Record<string, (data: unknown) => Promise<object>>>;

interface Options {
  /** The data folder. */
  folder: string;
  logger: Logger;
}

const BODY_MAX = 64 * 1024;

/**
 * The operator's door to a server that runs: HTTP over a Unix socket in the data folder. Whoever may open that folder
 * may do everything with the database in it, so nobody is asked who they are. It also keeps a second server out of the
 * same folder.
 */
export class ControlSocket {
  readonly #options: Options;
  readonly #server: Server;
  readonly #lock: FolderLock;
  #methods: ControlMethods = {};

  private constructor(options: Options, lock: FolderLock) {
    this.#options = options;
    this.#lock = lock;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @throws {Error} `EADDRINUSE` where a server runs on this folder already. */
  static async open(options: Options): Promise<ControlSocket> {
    const path = controlPath(options.folder);
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    // Of two that start at once one gets it; and it is the kernel's to give back.
    const lock = await FolderLock.take(options.folder);
    try {
      // The lock is of one machine, or one container. Others see the socket.
      if ((await askServer(options.folder, 'hello', {})) !== undefined) {
        throw Object.assign(new Error(`another server uses ${options.folder}`), { code: 'EADDRINUSE' });
      }
      // What a server that was killed has left.
      remove(path);
      const control = new ControlSocket(options, lock);
      await new Promise<void>((resolve, reject) => {
        control.#server.once('error', reject).listen(path, resolve);
      });
      return control;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** From now on these are answered, too, until the function that is returned is called. */
  serve(methods: ControlMethods): () => void {
    this.#methods = { ...this.#methods, ...methods };
    return () => {
      const rest = Object.entries(this.#methods).filter(([name]) => !Object.hasOwn(methods, name));
      this.#methods = Object.fromEntries(rest);
    };
  }

  /** Its file goes with it; resolves when another may have the folder. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    await this.#lock.release();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#run(request);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }

  async #run(request: IncomingMessage): Promise<ControlAnswer> {
    const name = request.url?.slice(1) ?? '';
    try {
      const text = await readAll(request);
      if (name === 'hello') return { status: 200, body: {} };
      const method = Object.hasOwn(this.#methods, name) ? this.#methods[name] : undefined;
      if (!method) throw new AppError('unknown_method', 'There is no such method.');
      return { status: 200, body: await method(parseJson(text)) };
    } catch (error) {
      if (!(error instanceof AppError))
        this.#options.logger.error({ method: name, err: error }, 'an order failed');
      const told = error instanceof AppError ? error : internalError();
      return { status: told.status, body: told.toBody() };
    }
  }
}

/** Also of what is refused: an answer before the question's end meets a closed door. */
async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    if (text.length <= BODY_MAX) text += String(chunk);
  }
  if (text.length > BODY_MAX) throw new AppError('too_large', 'The request is too large.');
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('invalid', 'The request cannot be read.');
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
