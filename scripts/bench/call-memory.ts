import { setTimeout as sleep } from 'node:timers/promises';
import { BotPair } from './bot-pair.ts';
import { populate } from './population.ts';
import type { Section } from './report.ts';
import { scratchFolder } from './scratch.ts';
import { Server } from './server.ts';
import type { Usage } from './usage.ts';

const SETTLE_MS = 2_000;

/** What a call takes of memory, and how long its requests take, with many at once. */
export async function measureCallMemory(counts: { calls: number }): Promise<Section> {
  const dataDir = scratchFolder();
  const pairs = await populate(dataDir, counts.calls);
  await using server = await Server.start({ dataDir });
  const bots = await Promise.all(pairs.map((pair) => BotPair.connect(server.url, pair)));
  await sleep(SETTLE_MS);

  const online = server.usage();
  const began = performance.now();
  for (const bot of bots) await bot.call();
  const millisecondsACall = (performance.now() - began) / counts.calls;
  await sleep(SETTLE_MS);
  const inCalls = server.usage();
  for (const bot of bots) await bot.end();
  await sleep(SETTLE_MS);
  // What is left over is heap that may be used again: calls after these take the difference to it.
  const ended = server.usage();
  for (const bot of bots) await bot.call();
  await sleep(SETTLE_MS);
  const again = server.usage();
  for (const bot of bots) bot[Symbol.dispose]();

  const between = (from: Usage, to: Usage) => {
    const node = (to.memory.own - from.memory.own) / counts.calls / 1e6;
    const workers = (to.memory.children - from.memory.children) / counts.calls / 1e6;
    return { all: node + workers, node, workers };
  };
  return {
    title: `Memory of a call, with ${counts.calls} at once`,
    figures: [
      { what: 'the first calls', unit: 'MB', values: between(online, inCalls), aim: 'at most 1.6' },
      { what: 'twice as many calls in all, half of them ended', unit: 'MB', values: between(online, again) },
      { what: 'kept after their end', unit: 'MB', values: between(online, ended) },
      {
        what: 'the server without calls',
        unit: 'MB',
        values: { node: online.memory.own / 1e6, workers: online.memory.children / 1e6 },
      },
      {
        what: 'all requests of one call, one after the other',
        unit: 'ms',
        values: { mean: millisecondsACall },
      },
    ],
    notes: [
      'Both sides join and send and receive voice and picture; no packets, so no DTLS and no buffers of sent packets.',
      'Resident memory of the server and its workers, a call at a time in a row from two tabs each.',
    ],
  };
}
