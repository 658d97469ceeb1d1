/** Which Internet Protocol a lab speaks; the other one has no addresses in it. */
export type IpVersion = 4 | 6;

/** Whether everyone can have the addresses, as at home, or one alone, as on the Internet. Programs tell them apart. */
export type Reach = 'private' | 'public';

/** What the addresses begin with; the public ones are set apart for tests and examples (RFC 2544, RFC 3849). */
const PREFIXES: Readonly<Record<IpVersion, Readonly<Record<Reach, string>>>> = {
  4: { private: '10.93', public: '198.18' },
  6: { private: 'fd93:0:0', public: '2001:db8:0' },
};

/** The addresses of the lab's n-th network, such as 10.93.n.0/24 or fd93:0:0:n::/64. */
export class Subnet {
  readonly version: IpVersion;
  readonly prefixLength: number;
  readonly #prefix: string;

  constructor(version: IpVersion, reach: Reach, index: number) {
    this.version = version;
    this.prefixLength = version === 4 ? 24 : 64;
    const prefix = PREFIXES[version][reach];
    this.#prefix = version === 4 ? `${prefix}.${index}.` : `${prefix}:${index.toString(16)}::`;
  }

  /** The address of its n-th machine; they count from 1. */
  address(machine: number): string {
    return `${this.#prefix}${machine.toString(this.version === 4 ? 10 : 16)}`;
  }
}
