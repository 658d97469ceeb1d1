import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import type { TestServer } from '../support/server.ts';
import { runCommand } from '../support/command.ts';
import { until } from '../support/until.ts';
import { talk } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

/** Each command is a process of its own. */
const SLOW = 180_000;

async function backUp({ dataDir }: TestServer): Promise<string> {
  const { output } = await runCommand('scripts/backup.ts', [], { DATA_DIR: dataDir });
  return /^Backed up to (\S+): /.exec(output)?.[1] ?? output;
}

async function restore({ dataDir }: TestServer, backup: string): Promise<void> {
  const { output } = await runCommand('scripts/restore.ts', [backup], { DATA_DIR: dataDir });
  expect(output).toContain('\nRestored.');
}

/** Both read exactly these messages, in this order. */
async function readExactly(people: readonly Person[], texts: readonly string[]): Promise<void> {
  for (const person of people) {
    await until(`${person.name} to read ${texts.join(', ')}`, async () => {
      const read = (await person.messages()).match(/message \w+\./g) ?? [];
      return read.join() === texts.join();
    });
  }
}

test(
  'after a restore both pages show what was restored, and go on from there',
  async () => {
    const server = await stage.serve();
    const [ann, ben] = await stage.pair(server);
    await holdBack(ann, 'message unsent.');
    await ann.write('message one.');
    await ben.reads('message one.');
    await ben.write('message two.');
    await ann.reads('message two.');
    const backup = await backUp(server);
    await ann.write('message three.');
    await ben.reads('message three.');
    await ben.write('message four.');
    await ann.reads('message four.');
    await ann.write('message unsent.');
    await ann.screen.sees('Sending…');
    await ben.screen.fill('Message', 'message drafted.');

    await restore(server, backup);
    // What was unsent takes the number that another message had before.
    const restored = ['message one.', 'message two.', 'message unsent.'];
    await readExactly([ann, ben], restored);
    await ben.screen.click('button', 'Send');
    await ann.write('message five.');
    await until('both to have the new ones', async () => {
      const read = await Promise.all([ann, ben].map((one) => one.messages()));
      return read.every((text) => text.includes('message drafted.') && text.includes('message five.'));
    });
    // Nothing is doubled, nothing of the other epoch is left, and a reload shows the same.
    const orders = await Promise.all(
      [ann, ben].map(async (one) => (await one.messages()).match(/message \w+\./g) ?? []),
    );
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]?.slice(0, 3)).toEqual(restored);
    expect(orders[0]).toHaveLength(5);
    await ben.reload();
    await readExactly([ben], orders[0] ?? []);
  },
  SLOW,
);

test(
  'a call goes on through a restore',
  async () => {
    const server = await stage.serve();
    const [ann, ben] = await stage.pair(server);
    const backup = await backUp(server);
    await talk(ann, ben, 'video');
    await restore(server, backup);
    await Promise.all([ann.seesFrames(10), ben.seesFrames(10)]);
    await Promise.all([ann.inCall(), ben.inCall()]);
    await ann.end();
    await ben.callEnded();
  },
  SLOW,
);

test(
  'who is not in the backup is asked to sign in',
  async () => {
    const server = await stage.serve();
    const backup = await backUp(server);
    const ann = await stage.person(server, 'ann');
    await restore(server, backup);
    await ann.screen.find('button', 'Sign in');
  },
  SLOW,
);

/** Loads the page again, with a WebSocket that keeps a message to itself until the server restarts. */
async function holdBack({ page }: Person, text: string): Promise<void> {
  await page.evaluateOnNewDocument((held) => {
    let holding = true;
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        this.addEventListener('close', ({ code }) => (holding &&= code !== 1012));
      }

      override send(data: string): void {
        if (!holding || !data.includes(held)) super.send(data);
      }
    };
  }, text);
  await page.reload();
}
