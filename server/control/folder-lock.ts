import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

/**
 * A folder that one process of the machine has for itself. It is a name among the kernel's abstract sockets (unix(7)),
 * which no file stands for: the process that ends, however it ends, leaves nothing behind.
 */
export class FolderLock {
  readonly #holder: Server;

  private constructor(holder: Server) {
    this.#holder = holder;
  }

  /** @throws {Error} `EADDRINUSE` where another process has it. */
  static async take(folder: string): Promise<FolderLock> {
    const name = createHash('sha256').update(realpathSync(folder)).digest('base64url');
    const holder = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      holder.once('error', reject).listen(`\0chataway-${name}`, resolve);
    });
    return new FolderLock(holder.unref());
  }

  /** Resolves when it is free. */
  async release(): Promise<void> {
    await new Promise((resolve) => this.#holder.close(resolve));
  }
}
