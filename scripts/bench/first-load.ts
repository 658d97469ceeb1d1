import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HTTPResponse } from 'puppeteer-core';
import { TestAccount } from '../../test/support/account.ts';
import { launchChromium } from '../../test/support/browser.ts';
import { Person } from '../../test/support/person.ts';
import { ROOT } from '../support/paths.ts';
import type { Figure, Section } from './report.ts';
import { Server } from './server.ts';

const BUILT = join(ROOT, 'dist', 'client');
/** Without an answer for so long, all has come that comes by itself. */
const QUIET_MS = 1_000;

type Kind = 'script' | 'stylesheet';

/** How much a browser loads, and when, by the files that it asks for on the way to a call. */
export async function measureFirstLoad(): Promise<Section> {
  await using server = await Server.start({ pinned: false });
  const other = (await TestAccount.signUp(server.url, 'grace')).self.username;
  const browser = await launchChromium();
  try {
    const person = await Person.at(browser, server.url, 'ada');
    const loaded: Record<Kind, Set<string>> = { script: new Set(), stylesheet: new Set() };
    let lastResponse = performance.now();
    const note = (response: HTTPResponse) => {
      lastResponse = performance.now();
      const kind = response.request().resourceType();
      if (kind === 'script' || kind === 'stylesheet') loaded[kind].add(new URL(response.url()).pathname);
    };
    // Puppeteer's own wait never ends where a reload broke off a request.
    const settled = async () => {
      do await sleep(QUIET_MS / 2);
      while (performance.now() - lastResponse < QUIET_MS);
    };
    // The page was opened before anyone could listen: once more, from nothing.
    await person.page.setCacheEnabled(false);
    person.page.on('response', note);
    await person.page.reload();
    await settled();
    const signInPage = snapshot(loaded);

    await person.signUp();
    await settled();
    const people = snapshot(loaded);

    await person.openConversation(other);
    await settled();
    const conversation = snapshot(loaded);

    const lazy = conversation.script.filter((path) => !people.script.includes(path));
    return {
      title: 'First load',
      figures: [
        figure('script of the sign-in page', signInPage.script, 'gzip at most 15'),
        figure('all script before a conversation opens', people.script, 'gzip at most 75'),
        figure('script that an opened conversation adds (mediasoup-client)', lazy),
        figure('all script before a call', conversation.script),
        figure('styles of the sign-in page', signInPage.stylesheet),
        figure('all styles before a call', conversation.stylesheet),
      ],
      notes: ['Files as they were built and compressed; Chromium asks for brotli where the page is secure.'],
    };
  } finally {
    await browser.close();
  }
}

function snapshot(loaded: Record<Kind, Set<string>>): Record<Kind, string[]> {
  return { script: [...loaded.script], stylesheet: [...loaded.stylesheet] };
}

function figure(what: string, paths: readonly string[], aim?: string): Figure {
  const sum = (suffix: string) =>
    paths.reduce((total, path) => total + sizeOf(join(BUILT, path), suffix), 0) / 1000;
  const values = { gzip: sum('.gz'), brotli: sum('.br'), raw: sum('') };
  return { what, unit: 'kB', values, ...(aim !== undefined && { aim }) };
}

/** What is too small to gain is not compressed, and sent as it is. */
function sizeOf(file: string, suffix: string): number {
  const compressed = `${file}${suffix}`;
  return statSync(existsSync(compressed) ? compressed : file).size;
}
