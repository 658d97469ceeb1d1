import { mkdir, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { filesOf, removeNamespace } from './cleaning.ts';
import { run } from './command.ts';
import { Program, type ProgramOptions } from './program.ts';

const LOCALHOST = '127.0.0.1 localhost\n::1 localhost';

/**
 * A machine of the lab: a network of its own on the same files and processors. It begins with its loopback only, and
 * knows no names: asked for one, it says so at once.
 */
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
    await mkdir(filesOf(name), { recursive: true });
    // Nobody is there, which shows at once; the machine's own name server would be waited for.
    await namespace.#writeFile('resolv.conf', 'nameserver 127.0.0.1');
    await namespace.#writeFile('hosts', LOCALHOST);
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

  /** Gives a device of this machine an address, and switches it on. */
  async setUp(device: string, address: string, prefixLength: number): Promise<void> {
    // Nobody else has it: looking for one who does would take IPv6 two seconds.
    const untried = isIPv6(address) ? ['nodad'] : [];
    await this.ip('address', 'add', `${address}/${prefixLength}`, 'dev', device, ...untried);
    await this.ip('link', 'set', device, 'up');
  }

  /** Tells the programs that start in here from now on the address of a name. */
  async learn(name: string, address: string): Promise<void> {
    await this.#writeFile('hosts', `${LOCALHOST}\n${address} ${name}`);
  }

  /** Hands on from now on what is not for this machine itself. */
  async forward(): Promise<void> {
    const settings = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'];
    await this.run('sh', '-c', settings.map((name) => `echo 1 >/proc/sys/net/${name}`).join(' && '));
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

  /** For what is in here it stands in /etc. */
  async #writeFile(name: string, text: string): Promise<void> {
    await writeFile(join(filesOf(this.name), name), `${text}\n`);
  }
}
