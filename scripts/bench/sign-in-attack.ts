import { setTimeout as sleep } from 'node:timers/promises';
import { cookieOf, PASSWORD, request, TestAccount } from '../../test/support/account.ts';
import { jsonFrom, raw } from '../../test/support/http.ts';
import type { Figure, Section } from './report.ts';
import { Server } from './server.ts';
import { spread } from './statistics.ts';

interface Counts {
  /** How long each attack lasts. */
  seconds: number;
  /** Bad sign-ins a second. */
  perSecond: number;
}

/** From how many addresses the bad sign-ins come; none is the anchor. */
const NETWORKS = [0, 1, 20, 1_000];
/** Honest sign-ins a second: on a device that the account knows, and on a new one. */
const HONEST_PER_SECOND = 5;
/** Attacks overlap their neighbours' last answers otherwise. */
const PAUSE_MS = 3_000;

const NO_ANSWER = 0;

interface Outcome {
  readonly milliseconds: number;
  readonly status: number;
}

/**
 * Honest sign-ins while others send wrong passwords, from addresses of the loopback. The limits are raised a million
 * times: they would refuse most of the attack before a password is hashed, and what is measured here is the queue of
 * hashes behind them.
 */
export async function measureSignInAttack({ seconds, perSecond }: Counts): Promise<Section> {
  await using server = await Server.start();
  const { username } = (await TestAccount.signUp(server.url, 'ada')).self;
  const signedIn = await request(server.url, 'POST', '/api/session', {
    body: { username, password: PASSWORD },
  });
  const cookie = cookieOf(signedIn);
  const deviceCookie = cookie.split('; ').find((one) => one.startsWith('chataway-device=')) ?? '';

  const attempt = async (
    from: string,
    name: string,
    password: string,
    cookies?: string,
  ): Promise<Outcome> => {
    const began = performance.now();
    // A connection that the machine resets has no answer: it has failed.
    const { status } = await raw(server.url, '/api/session', {
      method: 'POST',
      headers: jsonFrom(server.url, cookies),
      body: JSON.stringify({ username: name, password }),
      from,
    }).catch(() => ({ status: NO_ANSWER }));
    return { milliseconds: performance.now() - began, status };
  };

  const figures: Figure[] = [];
  for (const networks of NETWORKS) {
    const bad = everySecond(networks === 0 ? 0 : perSecond, seconds, (number) =>
      attempt(address(10, number % networks), `nobody-${number}`, 'a guess'),
    );
    const known = everySecond(HONEST_PER_SECOND, seconds, (number) =>
      attempt(address(20, number), username, PASSWORD, deviceCookie),
    );
    const fresh = everySecond(HONEST_PER_SECOND, seconds, (number) =>
      attempt(address(30, number), username, PASSWORD),
    );
    const from = networks === 0 ? 'no attack' : `${networks} networks`;
    figures.push(figure(`known device, ${from}`, await known), figure(`new device, ${from}`, await fresh));
    const refused = (await bad).filter(({ status }) => status === 503 || status === NO_ANSWER).length;
    if (networks > 0) {
      figures.push({
        what: `refused of the attack, ${from}`,
        unit: '%',
        values: { share: (100 * refused) / (perSecond * seconds) },
      });
    }
    await sleep(PAUSE_MS);
  }
  return {
    title: `Sign-in under attack (${perSecond} wrong passwords a second)`,
    figures,
    notes: [
      'Honest sign-ins, five a second of each kind, each new device from an address of its own; limits off.',
      'The server is kept to one core; the load is not. "failed" counts answers other than 200.',
    ],
  };
}

function figure(what: string, outcomes: readonly Outcome[]): Figure {
  const failed = outcomes.filter(({ status }) => status !== 200).length;
  const times = outcomes.filter(({ status }) => status === 200).map(({ milliseconds }) => milliseconds);
  return {
    what,
    unit: 'ms',
    values: { ...spread(times), failed },
    aim: 'p95 at most 1,500 from 1 and 20 networks',
  };
}

/** A different address for each number. */
const address = (block: number, number: number) =>
  `127.${block}.${Math.floor(number / 250)}.${(number % 250) + 1}`;

/** Starts `work` so many times a second, whether or not the last has ended, and waits for all. */
async function everySecond<T>(
  perSecond: number,
  seconds: number,
  work: (number: number) => Promise<T>,
): Promise<T[]> {
  const all: Promise<T>[] = [];
  const began = performance.now();
  for (let number = 0; number < perSecond * seconds; number++) {
    const wait = began + (number * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    all.push(work(number));
  }
  return Promise.all(all);
}
