import type { types } from 'mediasoup';
import type { MediaSource } from '#protocol/media';
import type { Tag } from '../../server/media/present.ts';
import type { Person } from '../support/person.ts';
import type { TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

export type Producer = types.Producer<Tag>;

/** What flows through a server's first media worker, seen from inside; to be made before the call. */
export class ServerMedia {
  readonly #producers = new Set<Producer>();
  readonly #worker: types.Worker;

  constructor(server: TestServer) {
    const [first] = server.app.workers.all();
    if (!first) throw new Error('the server has no media worker');
    this.#worker = first.worker;
    this.#worker.observer.on('newrouter', (router) => {
      router.observer.on('newtransport', (transport) => {
        transport.observer.on('newproducer', (producer) => {
          // The server tags all of its producers.
          const tagged = producer as Producer;
          this.#producers.add(tagged);
          tagged.observer.once('close', () => this.#producers.delete(tagged));
        });
      });
    });
  }

  /** Waits for what someone sends. */
  async producer(person: Person, source: MediaSource): Promise<Producer> {
    const accountId = await accountIdOf(person);
    return until(`the ${source} of ${person.name} at the server`, () =>
      [...this.#producers].find(
        ({ appData }) => appData.accountId === accountId && appData.source === source,
      ),
    );
  }

  /** Waits until no room is left, in the server and in its worker. */
  async empty(): Promise<void> {
    await until('the worker to have no routers', async () => {
      const { routerIds } = await this.#worker.dump();
      return routerIds.length === 0 && this.#producers.size === 0;
    });
  }
}

/** How many RTP packets of this the server has received. */
export async function packetsOf(producer: Producer): Promise<number> {
  const stats = await producer.getStats();
  return stats.reduce((sum, { packetCount }) => sum + packetCount, 0);
}

export async function accountIdOf(person: Person): Promise<string> {
  return person.page.evaluate(async () => {
    const response = await fetch('/api/session');
    const { account } = (await response.json()) as { account: { id: string } };
    return account.id;
  });
}
