import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RELAY_ADDRESS, RELAYED_MEDIA_ADDRESS } from './turn-configuration.ts';

const exec = promisify(execFile);
const WITHIN_MS = 10_000;

/**
 * Rules of the machine's firewall, in a table of their own, that keep what the relay sends to the media, and keep the
 * user that it runs as to answering its clients. Coturn itself knows no rule for a peer's port, and a program that listens
 * at every address listens at the media's, too.
 */
export class RelayFirewall {
  readonly #table: string;

  private constructor(port: number) {
    this.#table = `chataway_relay_${port}`;
  }

  /**
   * Puts the rules in place of those of an earlier run.
   *
   * @param port The relay's, which no two relays of one network share.
   * @param user As which only this relay runs; undefined where it runs as the server does.
   * @throws {Error} with what nft printed; `ENOENT` without the program.
   */
  static async start(port: number, user: number | undefined): Promise<RelayFirewall> {
    const firewall = new RelayFirewall(port);
    await nft(rules(firewall.#table, port, user));
    return firewall;
  }

  async remove(): Promise<void> {
    await nft(`delete table inet ${this.#table}`);
  }
}

/**
 * The output chain keeps the user to UDP from the relay's address to the media's, to answers from the relay's port, and to
 * TCP connections that others have opened. Each rule asks for the user: packets that the kernel makes itself have none, and
 * pass. The input chain knows no user, so it also holds for a coturn in another container of this machine.
 */
function rules(table: string, port: number, user: number | undefined): string {
  return `
table inet ${table}
delete table inet ${table}
table inet ${table} {
  ${user === undefined ? '' : output(port, user)}
  chain input {
    type filter hook input priority filter
    meta l4proto udp ip saddr ${RELAY_ADDRESS} socket wildcard 1 drop
  }
}`;
}

function output(port: number, user: number): string {
  return `
  chain output {
    type filter hook output priority filter
    meta skuid ${user} jump relay
  }
  chain relay {
    meta l4proto udp ip saddr ${RELAY_ADDRESS} ip daddr ${RELAYED_MEDIA_ADDRESS} accept
    udp sport ${port} accept
    tcp flags & (syn | ack) != syn accept
    drop
  }`;
}

async function nft(script: string): Promise<void> {
  await exec('nft', [script], { timeout: WITHIN_MS });
}
