import type { Namespace } from './namespace.ts';
import type { Subnet } from './subnet.ts';

/** A local network: a router, and machines with a cable to it. It takes no time and loses nothing. */
export class Lan {
  /** What it is called on each of its machines. */
  readonly device: string;
  readonly #router: Namespace;
  readonly #subnet: Subnet;
  #members = 1;

  private constructor(router: Namespace, device: string, subnet: Subnet) {
    this.#router = router;
    this.device = device;
    this.#subnet = subnet;
  }

  /** @param device - unique on every machine that is going to be part of it. */
  static async open(router: Namespace, device: string, subnet: Subnet): Promise<Lan> {
    const lan = new Lan(router, device, subnet);
    await router.ip('link', 'add', device, 'type', 'bridge');
    await router.setUp(device, lan.routerAddress, subnet.prefixLength);
    return lan;
  }

  get routerAddress(): string {
    return this.#subnet.address(1);
  }

  /** Plugs a machine in, whose default route then leads to the router. Returns the machine's address. */
  async connect(machine: Namespace): Promise<string> {
    this.#members += 1;
    const address = this.#subnet.address(this.#members);
    const socket = `${this.device}p${this.#members}`;
    const plug = ['peer', 'name', this.device, 'netns', machine.name];
    await this.#router.ip('link', 'add', socket, 'type', 'veth', ...plug);
    await this.#router.ip('link', 'set', socket, 'master', this.device, 'up');
    await machine.setUp(this.device, address, this.#subnet.prefixLength);
    await machine.ip('route', 'add', 'default', 'via', this.routerAddress);
    return address;
  }
}
