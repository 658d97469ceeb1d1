import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from './cleaning.ts';
import { hireJanitor } from './janitor.ts';
import { newLabName } from './lab-name.ts';
import { Lan } from './lan.ts';
import { Link, type LinkValues } from './link.ts';
import { Namespace } from './namespace.ts';
import { type IpVersion, Subnet } from './subnet.ts';

/**
 * A network of a few machines on this one, for one test: namespaces, and links between them. Nothing in it reaches
 * the machine's own network. It takes everything along when it closes, also when the test fails. Where this process
 * ends before that, its janitor cleans up; and where that one is killed as well, the next run does.
 *
 *     await using lab = new Lab();
 *     const server = await lab.namespace('server');
 *     const client = await lab.namespace('client');
 *     const link = await lab.link(client, server, { delayMs: 25 });
 *     await link.set({ lossPercent: 5 });
 */
export class Lab implements AsyncDisposable {
  readonly name = newLabName();
  /** For the files of what runs in the lab. */
  readonly folder = join(tmpdir(), this.name);
  readonly #namespaces: Namespace[] = [];
  readonly #links: Link[] = [];
  readonly #connected = new Set<Namespace>();
  readonly #ip: IpVersion;
  #networks = 0;

  constructor({ ip = 4 }: { ip?: IpVersion } = {}) {
    this.#ip = ip;
    hireJanitor();
    mkdirSync(this.folder, { mode: 0o700 });
  }

  /** A new machine without any network. */
  async namespace(label: string): Promise<Namespace> {
    const namespace = await Namespace.create(`${this.name}.${label}`);
    this.#namespaces.push(namespace);
    return namespace;
  }

  /**
   * Connects two machines. Each link is a network of its own. The near one's default route leads over
   * its first link: put the one that is nearer to the people there.
   */
  async link(near: Namespace, far: Namespace, values: Partial<LinkValues> = {}): Promise<Link> {
    const index = this.#networks++;
    const link = await Link.open(near, far, {
      device: `wan${index}`,
      subnet: new Subnet(this.#ip, 'public', index),
    });
    this.#links.push(link);
    if (!this.#connected.has(near)) await near.ip('route', 'add', 'default', 'via', link.far);
    this.#connected.add(near);
    await link.set(values);
    return link;
  }

  /** A new local network around this machine. */
  async lan(router: Namespace): Promise<Lan> {
    const index = this.#networks++;
    return Lan.open(router, `lan${index}`, new Subnet(this.#ip, 'private', index));
  }

  /** Ends and removes everything, the newest first. May be called again. */
  async close(): Promise<void> {
    for (const namespace of this.#namespaces.splice(0).reverse()) await namespace.close();
    await Promise.all(this.#links.splice(0).map((link) => link.close()));
    await removeFolder(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
