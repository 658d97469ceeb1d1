import { Chatter, type Times } from './chatter.ts';
import { Child, SERVER_CORE } from './child.ts';
import { chatAway, echo } from './dialects.ts';
import { populate } from './population.ts';
import type { Figure, Section } from './report.ts';
import { scratchFolder } from './scratch.ts';
import { Server } from './server.ts';
import { median, quantile, ratioSpread } from './statistics.ts';
import { cpuBetween, usageOf, type Usage } from './usage.ts';

export interface MessageCounts {
  /** Connected people; each has one partner. */
  readonly people: number;
  /** How often each of the servers is measured, one after the other in turns. */
  readonly rounds: number;
  readonly seconds: number;
  readonly perSecond: number;
}

const WARM_UP_S = 2;

/** One of the servers that are compared, with its crowd. */
interface Contestant {
  readonly name: string;
  readonly chatter: Chatter;
  readonly usage: () => Usage;
  readonly rounds: Round[];
}

interface Round extends Times {
  /** Processor time of the server for each message delivered. */
  readonly cpuMs: number;
}

/** Acknowledgement and delivery with many people connected, beside a bare `ws` server in turns. */
export async function measureMessages(counts: MessageCounts): Promise<Section> {
  const dataDir = scratchFolder();
  const pairs = await populate(dataDir, counts.people / 2);

  await using server = await Server.start({ dataDir });
  await using bare = await startEcho({});
  await using committing = await startEcho({ COMMIT: '1' });
  const empty = server.usage();
  using ours = await Chatter.connect(server.url, chatAway, pairs);
  const full = server.usage();
  using bareChatter = await Chatter.connect(bare.url, echo, pairs);
  using committingChatter = await Chatter.connect(committing.url, echo, pairs);

  const contestants: [Contestant, Contestant, Contestant] = [
    { name: 'ChatAway', chatter: ours, usage: () => server.usage(), rounds: [] },
    { name: 'bare ws echo', chatter: bareChatter, usage: () => usageOf(bare.child.pid), rounds: [] },
    {
      name: 'ws echo + one committed row',
      chatter: committingChatter,
      usage: () => usageOf(committing.child.pid),
      rounds: [],
    },
  ];
  for (const { chatter } of contestants) {
    await chatter.talk({ seconds: WARM_UP_S, perSecond: counts.perSecond });
  }
  for (let round = 0; round < counts.rounds; round++) {
    for (const { chatter, usage, rounds } of contestants) {
      const before = usage();
      const times = await chatter.talk(counts);
      const cpuMs = (cpuBetween(before, usage()).own * 1000) / times.delivered.length;
      rounds.push({ ...times, cpuMs });
    }
  }

  const [chat, echoed, committed] = contestants;
  const memory = (full.memory.own - empty.memory.own) / counts.people / 1000;
  return {
    title: `Messages: ${counts.people} connected, ${counts.perSecond} messages/s in all`,
    figures: [
      ...contestants.flatMap(describe),
      ...compare('over a bare ws echo', chat, echoed),
      ...compare('over an echo with a committed row', chat, committed, true),
      {
        what: 'memory of an idle connected person',
        unit: 'kB',
        values: { value: memory },
        aim: 'at most 20',
      },
    ],
    notes: [
      `${counts.rounds} rounds of ${counts.seconds} s each, the three servers in turns; ratios are of pairs within a round.`,
      'Every message has another random sender; servers share one core, the load has the other.',
      'Processor time of a server counts all that it does meanwhile, heartbeats included, by messages delivered.',
    ],
  };
}

async function startEcho(
  environment: Record<string, string>,
): Promise<{ child: Child; url: string } & AsyncDisposable> {
  const child = Child.start('echo-child.ts', {
    core: SERVER_CORE,
    environment: { DATA_DIR: scratchFolder(), ...environment },
  });
  const { port } = await child.next<{ port: number }>();
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

function describe({ name, rounds }: Contestant): Figure[] {
  const times = (['acknowledged', 'delivered'] as const).map((kind) => {
    const samples = rounds.flatMap((round) => round[kind]);
    const values = { p50: median(samples), p99: quantile(samples, 0.99), n: samples.length };
    return { what: `${name}: ${kind}`, unit: 'ms', values };
  });
  const cpu = median(rounds.map((round) => round.cpuMs));
  return [...times, { what: `${name}: processor time a message`, unit: 'ms', values: { median: cpu } }];
}

/** What is compared round by round, and what is hoped for beside a server that also commits. */
const COMPARED: readonly { what: string; of: (round: Round) => number; aim: string }[] = [
  { what: 'delivered, p50', of: ({ delivered }) => median(delivered), aim: 'at most 1.3' },
  { what: 'delivered, p99', of: ({ delivered }) => quantile(delivered, 0.99), aim: 'at most 2' },
  { what: 'processor time', of: ({ cpuMs }) => cpuMs, aim: 'at most 1.5' },
];

function compare(words: string, ours: Contestant, anchor: Contestant, commits = false): Figure[] {
  const pairs = ours.rounds.flatMap((round, index) => {
    const other = anchor.rounds[index];
    return other ? [[round, other] as const] : [];
  });
  return COMPARED.map(({ what, of, aim }) => ({
    what: `${what} ${words}`,
    unit: 'times',
    values: ratioSpread(pairs.map(([round, other]) => [of(round), of(other)])),
    ...(commits && { aim }),
  }));
}
