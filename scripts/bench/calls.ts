import { setTimeout as sleep } from 'node:timers/promises';
import { Caller } from './caller.ts';
import type { Figure, Section } from './report.ts';
import { Server } from './server.ts';
import { spread } from './statistics.ts';
import { cpuBetween } from './usage.ts';

export interface CallCounts {
  readonly calls: number;
  /** For how long one call is held for its processor time, in seconds. */
  readonly hold: number;
}

const WARM_UP = 1;
/** Nobody answers at once; meanwhile the caller's camera has opened. */
const RINGS_FOR_MS = 1_000;
/** Between two calls: devices close, and the browsers come to rest. */
const PAUSE_MS = 500;
const DEVICE_SAMPLES = 5;

/** The waits that make up a call, in milliseconds. */
const WAITS = {
  ringingAtCallee: 'click -> the callee sees "Incoming call"',
  ringingAtCaller: 'click -> the caller sees "Ringing…"',
  frameAtCaller: 'answer -> first remote frame, caller',
  frameAtCallee: 'answer -> first remote frame, callee',
  audioAtCaller: 'answer -> first audio, caller',
  audioAtCallee: 'answer -> first audio, callee',
} as const;
type Waits = Record<keyof typeof WAITS, number>;

/** Calls between two real browsers, and what one of them costs the server. */
export async function measureCalls(counts: CallCounts): Promise<Section> {
  await using server = await Server.start({ pinned: false });
  await using caller = await Caller.signUp(server.url, 'ada');
  await using callee = await Caller.signUp(server.url, 'grace');
  await caller.person.openConversation('grace');
  await callee.person.openConversation('ada');

  const devices: number[] = [];
  for (let index = 0; index < DEVICE_SAMPLES; index++) devices.push(await callee.openDevices());

  const idleBefore = server.usage();
  await sleep(counts.hold * 1000);
  const idle = cpuBetween(idleBefore, server.usage());

  const calls: Waits[] = [];
  for (let index = -WARM_UP; index < counts.calls; index++) {
    const waits = await call(caller, callee);
    if (index >= 0) calls.push(waits);
    await hangUp(caller, callee);
  }

  await call(caller, callee);
  await caller.person.seesFrames(1);
  const before = server.usage();
  await sleep(counts.hold * 1000);
  const after = server.usage();
  const used = cpuBetween(before, after);
  const memory = {
    node: (after.memory.own - idleBefore.memory.own) / 1e6,
    workers: (after.memory.children - idleBefore.memory.children) / 1e6,
  };
  await hangUp(caller, callee);

  const perMinute = 60 / counts.hold;
  return {
    title: `Calls between two Chromiums, ${counts.calls} in a row`,
    figures: [
      ...Object.entries(WAITS).map(([key, what]): Figure => {
        const values = spread(calls.map((waits) => waits[key as keyof Waits]));
        return { what, unit: 'ms', values };
      }),
      { what: 'opening camera and microphone alone', unit: 'ms', values: spread(devices) },
      {
        what: 'server processor time a call-minute, one call',
        unit: 's',
        values: {
          all: used.all * perMinute,
          node: used.own * perMinute,
          workers: used.children * perMinute,
        },
      },
      { what: 'the same without a call', unit: 's', values: { all: idle.all * perMinute } },
      {
        what: 'memory that calls one at a time have added, the last one going on',
        unit: 'MB',
        values: memory,
      },
    ],
    notes: [
      `Loopback, fake camera at 720p and microphone, answered ${RINGS_FOR_MS / 1000} s after it rang; both browsers and the server share the machine.`,
      'The callee opens camera and microphone after the click on Answer, and that time is part of what the caller waits.',
      `One call alone is mostly fixed cost; its processor time is over ${counts.hold} s.`,
    ],
  };
}

async function call(caller: Caller, callee: Caller): Promise<Waits> {
  await caller.clearMarks();
  await callee.clearMarks();
  await caller.person.call('video');
  await callee.person.rings();
  await sleep(RINGS_FOR_MS);
  await callee.person.answer();

  const click = await caller.when('call-click');
  const answer = await callee.when('answer');
  return {
    ringingAtCallee: (await callee.when('ringing')) - click,
    ringingAtCaller: (await caller.when('ringing')) - click,
    frameAtCaller: (await caller.when('remote-frame')) - answer,
    frameAtCallee: (await callee.when('remote-frame')) - answer,
    audioAtCaller: (await caller.when('remote-audio')) - answer,
    audioAtCallee: (await callee.when('remote-audio')) - answer,
  };
}

async function hangUp(caller: Caller, callee: Caller): Promise<void> {
  await caller.person.end();
  for (const { person } of [caller, callee]) {
    await person.callEnded();
    await person.dismiss();
  }
  await sleep(PAUSE_MS);
}
