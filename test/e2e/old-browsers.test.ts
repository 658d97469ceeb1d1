import type { Page } from 'puppeteer-core';
import { expect, test } from 'vitest';
import { newerThanOldest, takeAway } from '../support/oldest-browsers.ts';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { talk } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const CHROME_110 =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36';

/** Has something happen in each of the person's pages before its own scripts. */
async function before<T>(person: Person, change: (argument: T) => void, argument: T): Promise<void> {
  await person.page.evaluateOnNewDocument(change as (argument: unknown) => void, argument);
  await person.page.reload();
}

test('with no more than what the oldest browsers have, people sign up, write and talk', async () => {
  const newer = newerThanOldest();
  expect(newer).toContainEqual({ owner: 'Promise', member: 'withResolvers', isStatic: false });
  expect(newer).toContainEqual({ owner: 'String', member: 'toWellFormed', isStatic: false });
  const server = await stage.serve();
  const ben = await stage.person(server, 'ben');
  const ann = await stage.visitor(server, 'ann');
  for (const person of [ann, ben]) {
    // The media library chooses by the browser's name how it speaks to WebRTC.
    await person.page.setUserAgent({ userAgent: CHROME_110 });
    await before(person, takeAway, newer);
  }
  expect(await ann.page.evaluate(() => 'withResolvers' in Promise)).toBe(false);
  await ann.signUp();
  await Promise.all([ann.openConversation('ben'), ben.openConversation('ann')]);
  await ann.write('Half a character: \ud83d.');
  await ben.screen.sees('Half a character');
  await talk(ann, ben, 'video');
  await ann.end();
});

test('a browser that is too old says so in place of the page', async () => {
  const server = await stage.serve();
  const ann = await stage.visitor(server, 'ann');
  await ann.screen.find('button', 'Sign in');
  await before(ann, () => Reflect.deleteProperty(Array.prototype, 'toSorted'), undefined);
  await ann.screen.sees('This browser is too old for ChatAway');
  expect(await ann.screen.has('button', 'Sign in')).toBe(false);
});

test('a browser without WebRTC chats, and says that it cannot call', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await before(ann, () => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'), undefined);
  await ann.write('Hello');
  await ben.screen.sees('Hello');
  await ann.screen.click('button', 'Voice call');
  await ann.screen.sees('This browser cannot make calls');
  await ben.screen.click('button', 'Voice call');
  await ann.screen.click('button', 'Answer');
  await ann.screen.sees('This browser cannot make calls');
});

/** What the server has been told of by pages, as its requests show it. */
function reportsOf(page: Page): string[] {
  const reports: string[] = [];
  page.on('request', (request) => {
    if (!request.url().endsWith('/api/page-errors')) return;
    void request.fetchPostData().then((data) => reports.push(data ?? ''));
  });
  return reports;
}

test('an exception of our own is no lost connection: both learn that the call ended, the person and the log why', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await before(
    ann,
    () => {
      RTCPeerConnection.prototype.addTransceiver = () => {
        throw new TypeError('addTransceiver was taken away');
      };
    },
    undefined,
  );
  const reports = reportsOf(ann.page);
  await ann.screen.find('button', 'Video call');
  await ann.call('video');
  await ben.screen.click('button', 'Answer');
  await ann.screen.sees('Something went wrong in this page, so the call was ended');
  await ben.screen.sees('Call ended');
  await ann.screen.sees('Something went wrong in this page, and what you just did may not have worked');
  await until('the report', () => reports.length > 0);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toContain('addTransceiver was taken away');
  // It is what this test is about.
  ann.errors.splice(0);
});
