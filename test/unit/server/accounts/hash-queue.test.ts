import { describe, expect, test } from 'vitest';
import { HashQueue } from '../../../../server/accounts/hash-queue.ts';

/** A job that runs until it is told to end. */
function job() {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { work: () => promise, end: () => resolve(undefined) };
}

const stranger = (lane: string) => ({ lane, familiar: false });
const familiar = (lane: string) => ({ lane, familiar: true });
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** Runs a job in each lane, one after the other as the queue lets them, and returns the order of the lanes. */
async function orderOf(lanes: readonly string[]): Promise<string[]> {
  const queue = new HashQueue();
  const first = job();
  const order: string[] = [];
  const blocker = queue.run(stranger('first'), first.work);
  const all = lanes.map((lane) =>
    queue.run(stranger(lane), () => {
      order.push(lane);
      return Promise.resolve();
    }),
  );
  first.end();
  await Promise.all([blocker, ...all]);
  return order;
}

describe('the queue of password hashes', () => {
  test('lets networks take turns, however many jobs one of them has', async () => {
    expect(await orderOf(['a', 'a', 'a', 'a', 'b', 'c'])).toEqual(['a', 'b', 'c', 'a', 'a', 'a']);
  });

  test('keeps a slot for people who are familiar, and one for strangers', async () => {
    const queue = new HashQueue();
    const [one, two, three] = [job(), job(), job()];
    const started: string[] = [];
    const start = (name: string, { work }: ReturnType<typeof job>) => {
      started.push(name);
      return work();
    };
    const jobs = [
      queue.run(stranger('a'), () => start('stranger', one)),
      queue.run(stranger('b'), () => start('second stranger', three)),
    ];
    expect(started).toEqual(['stranger']);
    jobs.push(queue.run(familiar('ann'), () => start('familiar', two)));
    expect(started).toEqual(['stranger', 'familiar']);
    jobs.push(queue.run(familiar('ben'), () => start('second familiar', two)));
    // Each slot goes to the next of its own kind.
    one.end();
    await tick();
    expect(started).toEqual(['stranger', 'familiar', 'second stranger']);
    two.end();
    await tick();
    expect(started).toEqual(['stranger', 'familiar', 'second stranger', 'second familiar']);
    three.end();
    await Promise.all(jobs);
  });

  test('lets strangers go on, however many jobs of familiar people wait', async () => {
    const queue = new HashQueue();
    const order: string[] = [];
    const note = (name: string) => () => {
      order.push(name);
      return Promise.resolve();
    };
    const flood = Array.from({ length: 50 }, () => queue.run(familiar('eve'), note('eve')));
    const waiting = queue.run(stranger('a'), note('stranger'));
    await Promise.all([...flood, waiting]);
    expect(order.indexOf('stranger')).toBeLessThan(5);
  });

  test('refuses the last jobs of the longest lane where too many wait, and none of a shorter one', async () => {
    const queue = new HashQueue();
    const blocker = job();
    const blocked = queue.run(stranger('attacker'), blocker.work);
    const outcome = (lane: string) =>
      queue.run(stranger(lane), () => Promise.resolve('done')).catch((error: unknown) => error);
    const attacks = Array.from({ length: 250 }, () => outcome('attacker'));
    // Who asks beforehand learns what the queue would say.
    expect(() => queue.assertRoom(stranger('attacker'))).toThrow('Too many people are signing in');
    queue.assertRoom(stranger('ann'));
    queue.assertRoom(familiar('attacker'));
    const honest = [outcome('ann'), outcome('ben'), outcome('ann')];
    blocker.end();
    await blocked;
    expect(await Promise.all(honest)).toEqual(['done', 'done', 'done']);
    const refused = (await Promise.all(attacks)).filter((result) => result !== 'done');
    expect(refused).toHaveLength(53);
    expect(refused[0]).toMatchObject({ code: 'overloaded', details: { retryAfter: 2 } });
  });

  test('goes on after a job that fails', async () => {
    const queue = new HashQueue();
    const failing = queue.run(stranger('a'), () => Promise.reject(new Error('no memory')));
    const next = queue.run(stranger('a'), () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('no memory');
    expect(await next).toBe('done');
  });
});
