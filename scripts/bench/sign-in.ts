import { hash, verify } from '@node-rs/argon2';
import { PASSWORD, request, TestAccount } from '../../test/support/account.ts';
import type { Section } from './report.ts';
import { Server } from './server.ts';
import { ratioSpread, spread } from './statistics.ts';

/** The parameters that the server hashes with; the anchor must do the same work. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const WARM_UP = 5;

/** Signing in over HTTP, one after the other, each beside one bare verification of a password. */
export async function measureSignIn({ signIns }: { signIns: number }): Promise<Section> {
  await using server = await Server.start();
  const { username } = (await TestAccount.signUp(server.url, 'ada')).self;
  const hashed = await hash(PASSWORD, ARGON2);

  const pairs: [number, number][] = [];
  for (let round = -WARM_UP; round < signIns; round++) {
    const ours = await timed(async () => {
      const response = await request(server.url, 'POST', '/api/session', {
        body: { username, password: PASSWORD },
      });
      if (!response.ok) throw new Error(`sign-in answered ${response.status}`);
      await response.arrayBuffer();
    });
    const bare = await timed(() => verify(hashed, PASSWORD));
    if (round >= 0) pairs.push([ours, bare]);
  }

  return {
    title: 'Sign-in',
    figures: [
      { what: 'sign-in over HTTP', unit: 'ms', values: spread(pairs.map(([ours]) => ours)) },
      { what: 'one bare argon2id', unit: 'ms', values: spread(pairs.map(([, bare]) => bare)) },
      { what: 'ratio', unit: 'times', values: ratioSpread(pairs), aim: 'at most 1.3' },
    ],
    notes: ['One at a time, connection kept open; hash: 19 MiB, 2 passes, 1 lane, in this process.'],
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
