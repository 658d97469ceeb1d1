import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { withDatabase } from '../support/data.ts';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { accountIdOf } from './server-media.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `message ${from + index}.`);

test('a reload while messages are under way loses none, doubles none and keeps their order', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await makeDeaf(ann);
  await ann.write('message 0.');
  await ben.reads('message 0.');

  // First the server gets them and the page hears nothing of it, then nothing arrives at all.
  await setDeaf(ann, { received: true });
  for (const text of numbered(1, 6)) await ann.write(text);
  await ben.reads('message 5.');
  await setDeaf(ann, { sent: true });
  for (const text of numbered(6, 11)) await ann.write(text);
  await ann.screen.sees('Sending…');
  expect(await ben.messages()).not.toContain('message 6.');

  await ann.reload();
  await ann.reads('message 10.');
  for (const text of numbered(11, 16)) await ann.write(text);
  await ann.reload();
  for (const person of [ann, ben]) {
    await person.reads('message 15.');
    await until(`${person.name} to have each message once, in order`, async () => {
      const read = [...(await person.messages()).matchAll(/message (\d+)\./g)].map(([, n]) => Number(n));
      return read.length === 16 && read.every((n, index) => n === index);
    });
  }
  await until('all of them to be sent', async () => !(await ann.messages()).includes('Sending…'));
});

test('what is written while the server is away is sent when it is back', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR });
  const [ann, ben] = await stage.pair(first);

  await first.close();
  await ann.screen.sees('The server is restarting. It is back in a moment, and calls go on.');
  await ann.write('Are you still there?');
  await ann.screen.sees('Sending…');
  await stage.serve({ DATA_DIR, PORT: String(first.port) });
  await ben.reads('Are you still there?');
  await ann.screen.sees('Sent');
  await ben.write('Here I am.');
  await ann.reads('Here I am.');
});

test('what is never answered, on a connection that lives, is sent again on another', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await makeDeaf(ann);
  await ann.write('Hello?');
  await ben.reads('Hello?');

  await setDeaf(ann, { loses: 'sendMessage' });
  await ann.write('Did you get this?');
  // protoo waits 22.5 s for an answer.
  await ben.reads('Did you get this?', 40_000);
  await until('the message to be sent', async () => !(await ann.messages()).includes('Sending…'));
});

test('someone who was away finds what was written, unread, and older pages on scrolling', async () => {
  const server = await stage.serve();
  const gone = await stage.person(server, 'ben');
  const benId = await accountIdOf(gone);
  await gone.leave();
  const ann = await TestAccount.signUp(server.url, 'ann');
  using connection = await ann.connect();
  const { conversation } = await connection.request('openConversation', { accountId: benId });
  for (const text of numbered(0, 180)) {
    await connection.request('sendMessage', { conversationId: conversation.id, id: randomUUID(), text });
  }

  const ben = stage.follow(await gone.inAnotherTab());
  await ben.screen.sees('180 unread messages');
  await ben.openConversation('ann');
  await ben.reads('message 179.');
  expect(await ben.messages()).not.toContain('message 129.');
  await until('nothing to be unread', async () => !(await ben.screen.shown()).includes('unread'));

  const log = await ben.screen.find('log', 'Messages');
  await until('the first message, by scrolling', async () => {
    await log.evaluate((element) => element.scrollTo({ top: 0 }));
    return (await ben.messages()).includes('message 0.');
  });
  const read = [...(await ben.messages()).matchAll(/message (\d+)\./g)].map(([, n]) => Number(n));
  expect(read).toEqual(Array.from({ length: 180 }, (_, index) => index));
});

test('a message that the server cannot keep says so, and goes with "Retry"', async () => {
  const server = await stage.serve({ LOG_LEVEL: 'silent' });
  const [ann, ben] = await stage.pair(server);
  await withDatabase(server.dataDir, (database) =>
    database.raw(`create trigger full before insert on messages begin select raise(abort, 'full'); end`),
  );
  await ann.write('Can you read this?');
  await ann.screen.sees('Not sent.');

  await withDatabase(server.dataDir, (database) => database.raw('drop trigger full'));
  await ann.reload();
  await ann.screen.sees('Not sent.');
  await ann.screen.click('button', 'Retry');
  await ben.reads('Can you read this?');
  await ann.screen.sees('Sent');
  expect(await ann.screen.has('button', 'Retry')).toBe(false);
});

test('all tabs of both have the same conversation', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const other = stage.follow(await ann.inAnotherTab());
  await other.openConversation('ben');

  await ann.page.bringToFront();
  await ann.write('From one tab');
  await Promise.all([other.reads('From one tab'), ben.reads('From one tab')]);
  await ben.write('To both');
  await Promise.all([ann.reads('To both'), other.reads('To both')]);
  await other.page.bringToFront();
  await other.write('From the other');
  await Promise.all([ann.reads('From the other'), ben.reads('From the other')]);
  await ann.seesPresence('ben', 'online');
});

test('markup is shown as text, and links lead only to safe places', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const markup = '<img src=x onerror="document.title=\'owned\'"><b>bold</b> &amp; <script>alert(1)</script>';
  await ann.write(markup);
  await ann.write('See https://example.org/a?b=1 and javascript:alert(1) and mail ben@example.org');

  await ben.reads(markup);
  await ben.reads('javascript:alert(1)');
  const log = await ben.screen.find('log', 'Messages');
  expect(await log.$$('img, b, script')).toEqual([]);
  expect(await ben.page.title()).not.toBe('owned');
  const links = await log.$$eval('a', (all) => all.map(({ href, rel, target }) => ({ href, rel, target })));
  expect(links.map(({ href }) => href)).toEqual(['https://example.org/a?b=1', 'mailto:ben@example.org']);
  for (const { rel, target } of links) {
    expect(rel.split(' ')).toEqual(expect.arrayContaining(['noopener', 'noreferrer']));
    expect(target).toBe('_blank');
  }
});

interface Deaf {
  /** Nothing more that the page sends leaves it. */
  sent?: boolean;
  /** Nothing more that arrives gets to the page. */
  received?: boolean;
  /** The next request of this method does not leave the page. */
  loses?: string;
}

interface DeafWindow extends Window {
  deaf?: Deaf;
}

/** Loads the page again, with a WebSocket that `setDeaf` can stop; a reload heals it. */
async function makeDeaf({ page }: Person): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const deaf: Deaf = {};
    (window as DeafWindow).deaf = deaf;
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        // The first listener: those of the page come after it.
        this.addEventListener('message', (event) => deaf.received && event.stopImmediatePropagation());
      }

      override send(data: string): void {
        const lost = deaf.loses !== undefined && data.includes(`"${deaf.loses}"`);
        if (lost) delete deaf.loses;
        if (!deaf.sent && !lost) super.send(data);
      }
    };
  });
  await page.reload();
}

async function setDeaf({ page }: Person, deaf: Deaf): Promise<void> {
  await page.evaluate((wanted) => Object.assign((window as DeafWindow).deaf ?? {}, wanted), deaf);
}
