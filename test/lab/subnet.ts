/** Which Internet Protocol a lab speaks; the other one has no addresses in it. */
export type IpVersion = 4 | 6;

/** The addresses of the lab's n-th network: 10.93.n.0/24, or fd93:0:0:n::/64. */
export class Subnet {
  readonly version: IpVersion;
  readonly prefixLength: number;
  readonly #index: number;

  constructor(version: IpVersion, index: number) {
    this.version = version;
    this.prefixLength = version === 4 ? 24 : 64;
    this.#index = index;
  }

  /** The address of its n-th machine; they count from 1. */
  address(machine: number): string {
    return this.version === 4
      ? `10.93.${this.#index}.${machine}`
      : `fd93:0:0:${this.#index.toString(16)}::${machine.toString(16)}`;
  }
}
