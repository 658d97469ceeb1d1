import type { types } from 'mediasoup';
import type { MediaSource } from '#protocol/media';
import { z } from 'zod';
import type { Tag } from '../../server/media/present.ts';
import type { Person } from '../support/person.ts';
import type { TestServer } from '../support/server.ts';
import { withDatabase } from '../support/data.ts';
import { until } from '../support/until.ts';

const participantRows = z.array(z.object({ participant_id: z.string() }));

export type Producer = types.Producer<Tag>;

/** What flows through a server's first media worker, seen from inside; to be made before the call. */
export class ServerMedia {
  readonly #producers = new Set<Producer>();
  readonly #server: TestServer;
  readonly #worker: types.Worker;

  constructor(server: TestServer) {
    const [worker] = server.media.workers;
    if (!worker) throw new Error('the server has no media worker');
    this.#server = server;
    this.#worker = worker;
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
    return until(`the ${source} of ${person.name} at the server`, async () => {
      const participants = await this.#participantsOf(accountId);
      return [...this.#producers].find(
        ({ appData }) => participants.includes(appData.participantId) && appData.source === source,
      );
    });
  }

  /** The account's identities in its calls. */
  async #participantsOf(accountId: string): Promise<string[]> {
    return withDatabase(this.#server.dataDir, async (database) => {
      const rows: unknown = await database('call_legs').where({ account_id: accountId });
      return participantRows.parse(rows).map((row) => row.participant_id);
    });
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
