import type { Page } from 'puppeteer-core';
import { constants, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { talk } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const SIGN_IN_MAX = 15_000;
const BEFORE_A_CALL_MAX = 75_000;
/** The library's name for itself in its log lines, which no build can shorten. */
const MEDIASOUP_CLIENT = 'mediasoup-client';

test('pages load little script, late, and from their own server alone', async () => {
  const server = await stage.serve();
  const ben = await stage.person(server, 'ben');
  const ann = await stage.visitor(server, 'ann');
  await ann.page.setCacheEnabled(false);
  const loads = await watchLoads(ann.page);

  await ann.page.reload({ waitUntil: 'networkidle0' });
  await ann.screen.find('button', 'Sign in');
  const signIn = await loads.scripts();
  expect(signIn.length).toBeGreaterThan(0);
  expect(sizeOf(signIn)).toBeLessThanOrEqual(SIGN_IN_MAX);

  await ann.signUp();
  await ann.seesPresence('ben', 'online');
  const started = await loads.scripts();
  await ann.openSettings();
  await ann.screen.find('list', 'Where you are signed in');
  const beforeConversation = await loads.scripts();
  expect(beforeConversation.filter(hasMediasoup)).toEqual([]);
  /** The settings are not on the way to a call. */
  const ofSettings = new Set(
    beforeConversation.map(({ url }) => url).filter((url) => !started.some((one) => one.url === url)),
  );

  await Promise.all([ann.openConversation('ben'), ben.openConversation('ann')]);
  const scripts = await until('mediasoup-client to load', async () => {
    const all = await loads.scripts();
    return all.some(hasMediasoup) && all;
  });
  const beforeCall = scripts.filter((script) => !hasMediasoup(script) && !ofSettings.has(script.url));
  expect(sizeOf(beforeCall)).toBeGreaterThan(sizeOf(signIn));
  expect(sizeOf(beforeCall)).toBeLessThanOrEqual(BEFORE_A_CALL_MAX);

  await talk(ann, ben, 'video');
  await ann.end();
  expect(loads.hosts()).toEqual([new URL(server.url).host]);
});

interface Script {
  readonly url: string;
  readonly text: string;
  readonly compressed: boolean;
}

const hasMediasoup = ({ text }: Script): boolean => text.includes(MEDIASOUP_CLIENT);

/** The size in bytes as gzip sends them; they have to have been sent compressed at all. */
function sizeOf(scripts: readonly Script[]): number {
  expect(scripts.filter(({ text, compressed }) => !compressed && text.length > 1_000)).toEqual([]);
  const sizes = scripts.map(({ text }) => gzipSync(text, { level: constants.Z_BEST_COMPRESSION }).length);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Notes what a page asks for, over HTTP and WebSocket, from now on. */
async function watchLoads(page: Page) {
  const urls: string[] = [];
  const answers: Promise<Script>[] = [];
  page.on('request', (request) => urls.push(request.url()));
  page.on('response', (response) => {
    if (response.request().resourceType() !== 'script') return;
    const compressed = response.headers()['content-encoding'] !== undefined;
    answers.push(response.text().then((text) => ({ url: response.url(), text, compressed })));
  });
  const cdp = await page.createCDPSession();
  cdp.on('Network.webSocketCreated', ({ url }) => urls.push(url));
  await cdp.send('Network.enable');

  return {
    /** The scripts so far, each once. */
    scripts: async (): Promise<Script[]> => {
      const scripts = await Promise.all(answers);
      return [...new Map(scripts.map((script) => [script.url, script])).values()];
    },
    hosts: (): string[] => {
      const away = urls.map((url) => new URL(url)).filter(({ protocol }) => /^(http|ws)s?:$/.test(protocol));
      return [...new Set(away.map(({ host }) => host))];
    },
  };
}
