import type { Lan } from './lan.ts';
import type { Namespace } from './namespace.ts';

/** What a router does beside handing on. */
export interface RouterRules {
  /**
   * What is let out of its network: one nft(8) expression for each, such as `tcp dport 443`. The rest is dropped without
   * a word. By default everything is let out.
   */
  readonly out?: readonly string[];
  /** What it drops in both directions, also of what it let out before: expressions like those. */
  readonly never?: readonly string[];
  /** Whether it takes another port, by chance, for everything outside that one port inside speaks to. */
  readonly symmetric?: boolean;
}

/** One port, as in `udp 443`. */
export type Port = `${'tcp' | 'udp'} ${number}`;

interface RouterOptions {
  readonly machine: Namespace;
  readonly lan: Lan;
  /** What the router calls its line to the outside, and its address there. */
  readonly device: string;
  readonly address: string;
}

/**
 * The router of a home, an office or a machine full of containers: those inside share its address (NAT), and nobody
 * outside reaches them unless a port leads there.
 */
export class Router {
  readonly machine: Namespace;
  readonly lan: Lan;
  #address: string;
  /** What `lead` was asked for. */
  readonly #leads: (readonly [port: Port, to: string, toPort: number])[] = [];

  private constructor({ machine, lan, address }: RouterOptions) {
    this.machine = machine;
    this.lan = lan;
    this.#address = address;
  }

  static async open(options: RouterOptions, rules: RouterRules): Promise<Router> {
    const router = new Router(options);
    await router.machine.run('nft', ruleset(options, rules));
    await router.machine.forward();
    return router;
  }

  /** The address that the outside knows. */
  get address(): string {
    return this.#address;
  }

  /** Hands on by these rules from now on; they have no say in what was let through already, but for `never`. */
  async restrict(rules: Pick<RouterRules, 'out' | 'never'>): Promise<void> {
    const lines = forwarding(this.lan, rules).map((rule) => `add rule inet router forward ${rule}`);
    await this.machine.run('nft', ['flush chain inet router forward', ...lines].join('\n'));
  }

  /** Its line has another address now: its ports lead where they led. */
  async move(address: string): Promise<void> {
    this.#address = address;
    await this.machine.run('nft', 'flush chain inet router before');
    for (const lead of this.#leads.splice(0)) await this.lead(...lead);
  }

  /**
   * Has one of its own ports lead to a port of a machine inside. Those inside may use it by the outer address as well
   * (hairpin).
   */
  async lead(port: Port, to: string, toPort: number): Promise<void> {
    this.#leads.push([port, to, toPort]);
    const [protocol, number] = port.split(' ');
    const rule = `ip daddr ${this.address} ${protocol} dport ${number} dnat ip to ${to}:${toPort}`;
    await this.machine.run('nft', `add rule inet router before ${rule}`);
  }
}

function forwarding({ device }: Lan, { out = [''], never = [] }: RouterRules): string[] {
  return [
    ...never.map((what) => `${what} drop`),
    'ct state established,related accept',
    'ct status dnat accept',
    ...out.map((what) => `iifname ${device} ${what} accept`),
  ];
}

function ruleset({ lan, device }: RouterOptions, rules: RouterRules): string {
  return `
    table inet router {
      chain forward {
        type filter hook forward priority filter; policy drop
        ${forwarding(lan, rules).join('\n')}
      }
      chain before {
        type nat hook prerouting priority dstnat
      }
      chain after {
        type nat hook postrouting priority srcnat
        oifname ${device} masquerade ${rules.symmetric ? 'random,fully-random' : ''}
        # Otherwise the answer would go straight to the one inside who asked, from an address that it did not ask.
        iifname ${lan.device} oifname ${lan.device} ct status dnat masquerade
      }
    }`;
}
