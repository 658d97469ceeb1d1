// npm run bench: measures what people wait for and what a server must have, and prints it. It never fails
// for a figure.
//   --quick      small counts: shows that everything works, and roughly what comes out
//   --only a,b   some sections
//   --patient    waits before each section until the machine has nothing else to do, for two minutes at most
//   --json FILE  writes the JSON there and not to the terminal
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ensureBrowsers } from '../browsers.ts';
import { ensureClientBuild } from '../client-build.ts';
import { command, say, SetupError } from '../support/setup-error.ts';
import { ensureWorker } from '../worker/worker.ts';
import { describeMachine, renderSection, type Report, type Section } from './report.ts';
import { measureCallMemory } from './call-memory.ts';
import { measureCalls } from './calls.ts';
import { measureFirstLoad } from './first-load.ts';
import { measureMediaLoad } from './media-load.ts';
import { measureMessages } from './messages.ts';
import { measureOperatorsPath } from './operators-path.ts';
import { idleShare, waitForQuiet } from './quiet.ts';
import { measureRestart } from './restart.ts';
import { measureSignIn } from './sign-in.ts';
import { measureSignInAttack } from './sign-in-attack.ts';

/** How much is measured; the quick one shows that everything works and roughly what comes out. */
const FULL = {
  calls: { calls: 20, hold: 10 },
  signIns: 100,
  signInAttack: { seconds: 10, perSecond: 200 },
  messages: { people: 1_000, rounds: 5, seconds: 10, perSecond: 50 },
  callMemory: { calls: 100 },
  mediaLoad: { calls: 50, seconds: 10 },
  restart: { restarts: 20 },
};
const QUICK: typeof FULL = {
  calls: { calls: 3, hold: 8 },
  signIns: 10,
  signInAttack: { seconds: 3, perSecond: 50 },
  messages: { people: 100, rounds: 2, seconds: 3, perSecond: 50 },
  callMemory: { calls: 20 },
  mediaLoad: { calls: 5, seconds: 8 },
  restart: { restarts: 2 },
};

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    patient: { type: 'boolean' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
});
const counts = options.quick ? QUICK : FULL;

const IDLE_LOOK_MS = 1_000;

const SECTIONS: Record<string, () => Promise<Section>> = {
  calls: () => measureCalls(counts.calls),
  'first-load': measureFirstLoad,
  'sign-in': () => measureSignIn(counts),
  'sign-in-attack': () => measureSignInAttack(counts.signInAttack),
  messages: () => measureMessages(counts.messages),
  'call-memory': () => measureCallMemory(counts.callMemory),
  'media-load': () => measureMediaLoad(counts.mediaLoad),
  restart: () => measureRestart(counts.restart, 'SIGKILL'),
  replacement: () => measureRestart(counts.restart, 'SIGTERM'),
  'operators-path': measureOperatorsPath,
};

await command(async () => {
  const chosen = options.only?.split(',') ?? Object.keys(SECTIONS);
  const unknown = chosen.filter((name) => !(name in SECTIONS));
  if (unknown.length > 0) {
    throw new SetupError(
      `--only takes ${Object.keys(SECTIONS).join(', ')}; ${unknown.join(', ')} is none of them.`,
    );
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

  process.env['MEDIASOUP_WORKER_BIN'] = await ensureWorker(say);
  await ensureClientBuild(say);
  process.env['CHROMIUM_BIN'] = (await ensureBrowsers(say)).chromium;

  const sections: Section[] = [];
  const report: Report = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    sections,
  };
  say(`${report.machine}\n${report.date}\n`);
  for (const name of chosen) {
    try {
      const idleBefore = await (options.patient ? waitForQuiet() : idleShare(IDLE_LOOK_MS));
      const measured = await SECTIONS[name]?.();
      if (!measured) continue;
      const section = { ...measured, idleBefore };
      sections.push(section);
      say(renderSection(section));
    } catch (error) {
      // The other figures are worth having all the same.
      console.error(`"${name}" could not be measured:`, error);
      process.exitCode = 1;
    }
  }

  const json = JSON.stringify(report, shortNumbers, 2);
  if (options.json === undefined) say(json);
  else await writeFile(options.json, `${json}\n`);
});

/** Five digits that count are more than any of this is worth. */
function shortNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
