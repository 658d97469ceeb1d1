import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../scripts/support/paths.ts';
import type { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

const PORT = 3000;

/** The server as an operator runs it, a process of its own, on a machine of the lab. It ends with that machine. */
export class LabServer {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /**
   * Starts it and waits until it is ready. Its ports and the addresses it announces are the usual ones, unless
   * `settings` say otherwise.
   */
  static async start(
    lab: Lab,
    namespace: Namespace,
    settings: Record<string, string> = {},
  ): Promise<LabServer> {
    const program = namespace.start(process.execPath, [join(ROOT, 'server', 'main.ts')], {
      env: {
        ...process.env,
        PORT: String(PORT),
        DATA_DIR: await mkdtemp(join(lab.folder, 'server-')),
        MEDIA_WORKERS: '1',
        LOG_LEVEL: 'warn',
        ...settings,
      },
    });
    await program.readUntil('ChatAway is ready');
    return new LabServer(program);
  }

  /** What a person types who reaches the server at this address. */
  url(address: string): string {
    return `http://${address}:${PORT}`;
  }

  /** What it printed so far. */
  get output(): string {
    return this.#program.output;
  }
}
