import { setTimeout as sleep } from 'node:timers/promises';
import { Child, LOAD_CORE } from './child.ts';
import type { PlainSide } from './plain-calls.ts';
import type { Section } from './report.ts';
import { Server } from './server.ts';
import { SrtpSender } from './srtp.ts';
import { cpuBetween } from './usage.ts';

const SETTLE_MS = 3_000;

/** Processor time of calls that run, all processes of the server, from generated streams. */
export async function measureMediaLoad(counts: { calls: number; seconds: number }): Promise<Section> {
  await using server = await Server.start();
  await using load = Child.start('rtp-child.ts', { core: LOAD_CORE });
  await load.next();

  const idleBefore = server.usage();
  await sleep(counts.seconds * 1000);
  const idle = cpuBetween(idleBefore, server.usage());

  const keys = Array.from({ length: counts.calls * 2 }, () => new SrtpSender().keyBase64);
  const sides = await server.ask<PlainSide[]>({ plainCalls: keys });
  await load.ask({ join: sides });
  await sleep(SETTLE_MS);

  const before = await load.ask<{ sent: number; received: number }>({ count: true });
  const usedBefore = server.usage();
  const began = performance.now();
  await sleep(counts.seconds * 1000);
  const used = cpuBetween(usedBefore, server.usage());
  const seconds = (performance.now() - began) / 1000;
  const after = await load.ask<{ sent: number; received: number }>({ count: true });

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
        what: 'a call, in hundredths of a core',
        unit: '%',
        values: { value: (used.all / seconds / counts.calls) * 100 },
      },
      { what: 'packets delivered', unit: '%', values: { value: (received / sent) * 100, n: sent } },
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
