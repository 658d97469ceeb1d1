import type { Lab } from './lab.ts';
import type { Link } from './link.ts';
import type { Namespace } from './namespace.ts';
import { Router, type RouterRules } from './router.ts';

/** Of each line, one way: between two machines with a line of their own a round trip takes four times as long. */
const LINE_DELAY_MS = 12.5;

/** A machine and the address that its own network knows it by. */
export interface Host {
  readonly machine: Namespace;
  readonly address: string;
}

/** What lies between the networks of a lab: everything with a line to it reaches everything else that has one. */
export class Internet {
  readonly #lab: Lab;
  readonly #backbone: Namespace;
  readonly #lines = new Map<Namespace, Link>();

  private constructor(lab: Lab, backbone: Namespace) {
    this.#lab = lab;
    this.#backbone = backbone;
  }

  static async in(lab: Lab): Promise<Internet> {
    const backbone = await lab.namespace('internet');
    await backbone.forward();
    return new Internet(lab, backbone);
  }

  /** A machine with a line, and so a public address, of its own. */
  async host(label: string): Promise<Host> {
    const machine = await this.#lab.namespace(label);
    const { near } = await this.#line(machine);
    return { machine, address: near };
  }

  /** A router with a line, and an empty network behind it. */
  async router(label: string, rules: RouterRules = {}): Promise<Router> {
    const machine = await this.#lab.namespace(label);
    const { near, device } = await this.#line(machine);
    const lan = await this.#lab.lan(machine);
    return Router.open({ machine, lan, device, address: near }, rules);
  }

  /**
   * Gives a machine's line another public address, once, as lines at home get one now and then, and returns it: what goes
   * to the old one, or says that it comes from there, gets nowhere.
   */
  async move(machine: Namespace): Promise<string> {
    const line = this.#lines.get(machine);
    if (!line) throw new Error(`${machine.name} has no line`);
    const { near, far, spare, device, prefixLength } = line;
    const gone = `ip saddr ${near} drop\nip daddr ${near} drop`;
    const chain = `chain forward {\ntype filter hook forward priority filter\n${gone}\n}`;
    await this.#backbone.run('nft', `table inet moved {\n${chain}\n}`);
    await machine.ip('address', 'flush', 'dev', device, 'scope', 'global');
    await machine.setUp(device, spare, prefixLength);
    await machine.ip('route', 'replace', 'default', 'via', far);
    return spare;
  }

  /** A machine behind a router. */
  async hostBehind({ lan }: Router, label: string): Promise<Host> {
    const machine = await this.#lab.namespace(label);
    return { machine, address: await lan.connect(machine) };
  }

  async #line(machine: Namespace): Promise<Link> {
    const line = await this.#lab.link(machine, this.#backbone, { delayMs: LINE_DELAY_MS });
    this.#lines.set(machine, line);
    return line;
  }
}
