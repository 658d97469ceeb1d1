import type { Lab } from './lab.ts';
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
    const { near } = await this.#lab.link(machine, this.#backbone, { delayMs: LINE_DELAY_MS });
    return { machine, address: near };
  }

  /** A router with a line, and an empty network behind it. */
  async router(label: string, rules: RouterRules = {}): Promise<Router> {
    const machine = await this.#lab.namespace(label);
    const { near, device } = await this.#lab.link(machine, this.#backbone, { delayMs: LINE_DELAY_MS });
    const lan = await this.#lab.lan(machine);
    return Router.open({ machine, lan, device, address: near }, rules);
  }

  /** A machine behind a router. */
  async hostBehind({ lan }: Router, label: string): Promise<Host> {
    const machine = await this.#lab.namespace(label);
    return { machine, address: await lan.connect(machine) };
  }
}
