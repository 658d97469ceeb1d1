import { setTimeout as sleep } from 'node:timers/promises';
import { Child, LOAD_CORE } from './child.ts';
import type { Section } from './report.ts';
import { Server } from './server.ts';
import { SrtpSender } from './srtp.ts';
import { cpuBetween, usageOf } from './usage.ts';

const SETTLE_MS = 3_000;
/** The recording lasts for the settling too, and a little longer than it is needed. */
const RECORDED_BESIDES_S = 10;

interface Counted {
  readonly sent: number;
  readonly received: number;
}

/** Processor time of calls that run, all processes of the server, from generated streams. */
export async function measureMediaLoad(counts: { calls: number; seconds: number }): Promise<Section> {
  await using server = await Server.start();
  await using load = Child.start('rtp-child.ts', { core: LOAD_CORE });
  await load.next();

  const idleBefore = server.usage();
  await sleep(counts.seconds * 1000);
  const idle = cpuBetween(idleBefore, server.usage());

  const { keyBase64 } = new SrtpSender();
  const { ports } = await server.ask<{ ports: number[] }>({ plainCalls: counts.calls, keyBase64 });
  await load.ask({ ports, keyBase64, seconds: counts.seconds + RECORDED_BESIDES_S });
  await sleep(SETTLE_MS);

  const before = await load.ask<Counted>({ count: true });
  const usedBefore = server.usage();
  const loadBefore = usageOf(load.pid);
  const began = performance.now();
  await sleep(counts.seconds * 1000);
  const used = cpuBetween(usedBefore, server.usage());
  const seconds = (performance.now() - began) / 1000;
  const generator = cpuBetween(loadBefore, usageOf(load.pid));
  const after = await load.ask<Counted>({ count: true });

  const sent = after.sent - before.sent;
  const received = after.received - before.received;
  // By what was delivered: a server that drops must not look cheap.
  const callMinutes = (counts.calls * seconds * (received / sent)) / 60;
  return {
    title: `Server load: ${counts.calls} calls of two, about 1 Mbit/s each way`,
    figures: [
      {
        what: 'processor time a call-minute',
        unit: 's',
        values: {
          all: used.all / callMinutes,
          node: used.own / callMinutes,
          workers: used.children / callMinutes,
        },
      },
      {
        what: 'all processes over the workers alone',
        unit: 'times',
        values: { value: used.all / used.children },
        aim: 'at most 1.1',
      },
      {
        what: 'a call',
        unit: '% of a core',
        values: { value: (used.all / seconds / counts.calls) * 100 },
      },
      { what: 'packets delivered', unit: '%', values: { value: (received / sent) * 100, n: sent } },
      {
        what: 'the generator, for comparison',
        unit: '% of a core',
        values: { value: (generator.all / seconds) * 100 },
      },
      {
        what: 'the idle server',
        unit: '% of a core',
        values: { value: (idle.all / counts.seconds) * 100 },
      },
    ],
    notes: [
      `Over ${seconds.toFixed(0)} s; SRTP with AES-GCM on plain transports, so without ICE, DTLS and congestion control.`,
      'The server has one core, the generator the other.',
    ],
  };
}
