import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from './cleaning.ts';
import { hireJanitor } from './janitor.ts';
import { newLabName } from './lab-name.ts';
import { Link, type LinkValues } from './link.ts';
import { Namespace } from './namespace.ts';

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

  constructor() {
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
   * Connects two machines. Each link is a network of its own, 10.93.n.0/30. The near one's default route leads over
   * its first link: put the one that is nearer to the people there.
   */
  async link(near: Namespace, far: Namespace, values: Partial<LinkValues> = {}): Promise<Link> {
    const index = this.#links.length;
    const link = await Link.open(near, far, {
      device: `wan${index}`,
      addresses: [`10.93.${index}.1`, `10.93.${index}.2`],
      prefixLength: 30,
    });
    this.#links.push(link);
    if (!this.#connected.has(near)) await near.ip('route', 'add', 'default', 'via', link.far);
    this.#connected.add(near);
    await link.set(values);
    return link;
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
