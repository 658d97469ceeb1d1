import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { launchChromium, launchFirefox } from '../support/browser.ts';
import { temporaryFolder } from '../support/folder.ts';
import { Person } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await TestAccount.signUp(server.url, 'ann');
});
afterAll(() => server.close());

const BLOCK = 2;

async function chromiumWithout(folder: string): Promise<Browser> {
  const profile = { default_content_setting_values: { cookies: BLOCK } };
  await mkdir(join(folder, 'Default'), { recursive: true });
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify({ profile }));
  return launchChromium({ profile: folder });
}

test.each([
  ['Chromium', chromiumWithout],
  ['Firefox', () => launchFirefox({ cookies: false })],
])(
  '%s that blocks cookies says so, before and after a sign-in, and loops through nothing',
  async (_name, launch) => {
    await using folder = await temporaryFolder();
    const browser = await launch(folder.path);
    try {
      const ann = await Person.at(browser.defaultBrowserContext(), server.url, 'ann');
      let asked = 0;
      ann.page.on('request', (request) => (asked += Number(request.url().endsWith('/api/session'))));
      const words = 'ChatAway needs cookies of this site';
      await ann.screen.sees(words);
      await ann.screen.fill('Username', 'ann');
      await ann.screen.fill('Password', 'a quiet blue harbour');
      await ann.screen.click('button', 'Sign in');
      await until('the sign-in to be asked for', () => asked >= 1);
      await ann.screen.sees(words);
      await ann.screen.find('button', 'Sign in');
      const settled = asked;
      expect(settled).toBeLessThan(8);
    } finally {
      await browser.close();
    }
  },
);
