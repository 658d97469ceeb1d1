import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { filesOf, removeNamespace } from './cleaning.ts';
import { run } from './command.ts';
import { Program, type ProgramOptions } from './program.ts';

const LOCALHOST = '127.0.0.1 localhost\n::1 localhost';
const NAME_SERVER = join(import.meta.dirname, 'programs', 'name-server.ts');

/**
 * A machine of the lab: a network of its own on the same files and processors. It begins with its loopback only, and
 * knows no names: asked for one, it says so at once.
 */
export class Namespace {
  /** Unique on the machine; what `ip netns` calls it. */
  readonly name: string;
  readonly #programs: Program[] = [];
  #nameServer: Program | undefined;

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
    // For a relay over UDP, Chromium asks for the name in full, with its last dot, which no hosts file knows otherwise.
    await this.#writeFile('hosts', `${LOCALHOST}\n${address} ${name} ${name}.`);
  }

  /** The same, by a name server and only of version 4: programs that run already hear of a change within a second. */
  async hear(name: string, address: string): Promise<void> {
    this.#nameServer ??= this.start(process.execPath, [NAME_SERVER]);
    this.#nameServer.write(`${address} ${name}`);
    await this.#nameServer.readUntil('ok');
  }

  /** Hands on from now on what is not for this machine itself. */
  async forward(): Promise<void> {
    const settings = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'];
    await this.run('sh', '-c', settings.map((name) => `echo 1 >/proc/sys/net/${name}`).join(' && '));
  }

  /**
   * Drops from now on what comes from elsewhere and fits one of these nft(8) expressions, such as `udp dport 53`, and no
   * longer what it dropped before; what is connected already is cut as well.
   */
  async shut(...what: readonly string[]): Promise<void> {
    const rules = what.map((one) => `iifname != lo ${one} drop`).join('\n');
    const chain = `chain input {\ntype filter hook input priority filter\n${rules}\n}`;
    const anew = 'table inet firewall\ndelete table inet firewall\n';
    await this.run('nft', `${anew}table inet firewall {\n${chain}\n}`);
  }

  /** Answers from now on whatever TCP sends from here to this address with a reset, as routers do that have moved on. */
  async reset(address: string): Promise<void> {
    const rule = `ip daddr ${address} meta l4proto tcp reject with tcp reset`;
    await this.run(
      'nft',
      `table inet resets {\nchain output {\ntype filter hook output priority filter\n${rule}\n}\n}`,
    );
  }

  /** Sends a signal to all programs of this name in here, whoever started them. */
  async signal(signal: 'SIGSTOP' | 'SIGKILL', program: string): Promise<void> {
    const ids = (await run('ip', 'netns', 'pids', this.name)).split('\n').filter(Boolean);
    const wanted = ids.filter((id) => readFileSync(`/proc/${id}/comm`, 'utf8').trim() === program);
    if (wanted.length === 0) throw new Error(`no ${program} runs on ${this.name}`);
    for (const id of wanted) process.kill(Number(id), signal);
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
