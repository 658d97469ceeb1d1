import { setTimeout as sleep } from 'node:timers/promises';
import { ServerProcess } from '../../test/support/process.ts';
import { until } from '../../test/support/until.ts';
import { Caller } from './caller.ts';
import type { Section } from './report.ts';
import { scratchFolder } from './scratch.ts';
import { spread } from './statistics.ts';

export interface RestartCounts {
  readonly restarts: number;
}

/** Between two restarts the picture flows, and congestion control finds its rate. */
const CALM_MS = 3_000;
/** No gap between frames of a picture that flows is so long, and no process starts so fast. */
const STANDS_STILL_MS = 500;
/** The picture is back when so many frames have come since the kill. */
const BACK_FRAMES = 10;

/** What a page saw of the other's picture since it was last asked. */
interface Seen {
  frames: number;
  /** The longest time between two frames, in milliseconds. */
  longestGap: number;
}

interface WatchingWindow extends Window {
  seen?: Seen;
}

/** What two people in a call see of an end of the server and a new start: how long the picture stands still. */
export async function measureRestart(
  { restarts }: RestartCounts,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<Section> {
  const folder = scratchFolder();
  let server = await ServerProcess.start(folder);
  try {
    await using caller = await Caller.signUp(server.url, 'ada');
    await using callee = await Caller.signUp(server.url, 'grace');
    const callers = [caller, callee];
    await caller.person.openConversation('grace');
    await caller.person.call('video');
    await callee.person.rings();
    await callee.person.answer();
    await Promise.all(callers.map(({ person }) => person.seesFrames(BACK_FRAMES)));
    await Promise.all(callers.map(watch));

    const gaps: [number[], number[]] = [[], []];
    const starts: number[] = [];
    const { port } = new URL(server.url);
    for (let restart = 0; restart < restarts; restart++) {
      await sleep(CALM_MS);
      await Promise.all(callers.map(forget));
      const began = performance.now();
      await server.kill(signal);
      server = await ServerProcess.start(folder, { PORT: port });
      starts.push(performance.now() - began);
      const seen = await Promise.all(callers.map(pictureIsBack));
      for (const [index, { longestGap }] of seen.entries()) gaps[index]?.push(longestGap);
    }
    return {
      title: `${signal} and a new start of the server in the middle of a call, ${restarts} times`,
      figures: [
        { what: 'the picture stands still, caller', unit: 'ms', values: spread(gaps[0]), aim: 'p95 5,000' },
        { what: 'the picture stands still, callee', unit: 'ms', values: spread(gaps[1]), aim: 'p95 5,000' },
        { what: 'of it from the signal until the next server is ready', unit: 'ms', values: spread(starts) },
      ],
      notes: [
        'The signal, and a new process as soon as the old one has gone, as a supervisor does; two Chromiums on the same machine, one call throughout.',
        'From the last frame before to the first frame after.',
      ],
    };
  } finally {
    await server.kill('SIGKILL');
  }
}

async function watch({ person }: Caller): Promise<void> {
  await person.page.evaluate(() => {
    const video = document.querySelector<HTMLVideoElement>('video[aria-label="Remote video"]');
    if (!video) throw new Error('there is no remote video');
    let last = performance.now();
    const frame = (now: number) => {
      const { seen } = window as WatchingWindow;
      if (seen) {
        seen.frames++;
        seen.longestGap = Math.max(seen.longestGap, now - last);
      }
      last = now;
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  });
}

async function forget({ person }: Caller): Promise<void> {
  await person.page.evaluate(() => {
    (window as WatchingWindow).seen = { frames: 0, longestGap: 0 };
  });
}

async function pictureIsBack({ person }: Caller): Promise<Seen> {
  return until(`the picture to come back at ${person.name}`, () =>
    person.page.evaluate(
      (frames, gap) => {
        const { seen } = window as WatchingWindow;
        return seen && seen.longestGap > gap && seen.frames > frames ? seen : undefined;
      },
      BACK_FRAMES,
      STANDS_STILL_MS,
    ),
  );
}
