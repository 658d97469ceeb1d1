import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { launchChromium } from '../../test/support/browser.ts';
import { Person } from '../../test/support/person.ts';
import { ROOT } from '../support/paths.ts';
import { run } from '../support/run.ts';
import { SetupError } from '../support/setup-error.ts';
import type { Figure, Section } from './report.ts';
import { scratchFolder } from './scratch.ts';

const READY = /^ChatAway is ready at (\S+)$/m;
const LINK = /^http\S+$/m;

/**
 * What a new operator does, as the README has it: from a clone of this checkout to the first call, each step timed.
 * XDG_CACHE_HOME with an empty folder makes it the first start of the machine, which builds the media worker
 * (MEDIASOUP_WORKER_BIN keeps this benchmark itself from building it before).
 */
export async function measureOperatorsPath(): Promise<Section> {
  const folder = join(scratchFolder(), 'chataway');
  const environment = operatorsEnvironment({
    PORT: String(await freePort()),
    MEDIA_PORT: String(await freePort()),
    REGISTRATION: 'invitation',
  });
  const figures: Figure[] = [];
  const began = performance.now();
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await work();
    figures.push({ what, unit: 's', values: { took: (performance.now() - from) / 1_000 } });
    return result;
  };

  await step('git clone', () => succeed('git', ['clone', '--quiet', `file://${ROOT}`, folder], environment));
  const server = spawn('npm', ['start'], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browsers = await Promise.all([launchChromium(), launchChromium()]);
  try {
    const url = await step('npm start, until it is ready', () => readyAt(server.stdout));
    const people: Person[] = [];
    for (const [index, name] of ['ada', 'grace'].entries()) {
      const link = await step(`npm run admin -- invite, for ${name}`, async () => {
        const args = ['run', '--silent', 'admin', '--', 'invite'];
        const output = await succeed('npm', args, environment, folder);
        return LINK.exec(output)?.[0] ?? '';
      });
      await step(`${name} signs up by the link`, async () => {
        const browser = browsers[index];
        if (!browser) throw new Error('unreachable');
        const person = await Person.at(browser, url, name);
        await person.open(link);
        await person.signUp();
        people.push(person);
      });
    }
    await step('a video call, until both see the other', async () => {
      const [ada, grace] = people;
      if (!ada || !grace) throw new Error('unreachable');
      await ada.openConversation('grace');
      await ada.call('video');
      await grace.answer();
      await Promise.all([ada.seesFrames(1), grace.seesFrames(1)]);
    });
    figures.push({ what: 'all of it', unit: 's', values: { took: (performance.now() - began) / 1_000 } });
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
    if (server.exitCode === null) {
      const gone = once(server, 'exit');
      server.kill('SIGTERM');
      await gone;
    }
  }
  return {
    title: 'A new operator: from a clone to the first call',
    figures,
    notes: ['As fast as a program types: people take longer, the machine does not.'],
  };
}

/** As in a terminal of their own: nothing of what this run has set up. */
function operatorsEnvironment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const path = (process.env['PATH'] ?? '').split(':').filter((place) => !place.startsWith(ROOT));
  return { ...process.env, MEDIASOUP_WORKER_BIN: '', PATH: path.join(':'), ...settings };
}

async function succeed(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd = ROOT,
): Promise<string> {
  const { code, output } = await run(program, args, { env, cwd });
  if (code !== 0) throw new SetupError(`${program} ${args.join(' ')} failed: ${output}`);
  return output;
}

/** Reads on afterwards: a server whose words nobody takes would be stopped by them. */
function readyAt(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    output.on('data', (part: Buffer) => {
      text += part.toString();
      const url = READY.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
    output.once('end', () => reject(new SetupError(`npm start ended before it was ready: ${text}`)));
  });
}
