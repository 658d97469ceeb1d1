import { removeNamespace } from './cleaning.ts';
import { run } from './command.ts';
import { Program, type ProgramOptions } from './program.ts';

/** A machine of the lab: a network of its own on the same files and processors. It begins with its loopback only. */
export class Namespace {
  /** Unique on the machine; what `ip netns` calls it. */
  readonly name: string;
  readonly #programs: Program[] = [];

  private constructor(name: string) {
    this.name = name;
  }

  static async create(name: string): Promise<Namespace> {
    const namespace = new Namespace(name);
    await run('ip', 'netns', 'add', name);
    await namespace.ip('link', 'set', 'lo', 'up');
    return namespace;
  }

  /** What stands before a command that is to run in here. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Runs ip(8) on this network: `ip('route', 'show')`. */
  async ip(...args: string[]): Promise<string> {
    return run('ip', '-netns', this.name, ...args);
  }

  /** Runs a program in here to its end, and returns what it printed. */
  async run(program: string, ...args: string[]): Promise<string> {
    const [first = '', ...rest] = [...this.prefix, program, ...args];
    return run(first, ...rest);
  }

  /** Starts a program in here; it ends with the namespace at the latest. */
  start(program: string, args: readonly string[], options?: ProgramOptions): Program {
    // ip(8) makes way for the program, so that its id is the program's.
    const [first = '', ...rest] = [...this.prefix, program, ...args];
    const started = new Program(first, rest, options);
    this.#programs.push(started);
    return started;
  }

  /** Ends what was started in here, and removes it. May be called again. */
  async close(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map((program) => program.end()));
    await removeNamespace(this.name);
  }
}
