import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { PASSWORD } from '../support/account.ts';
import { launchChromium } from '../support/browser.ts';
import { Person } from '../support/person.ts';
import type { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';

/** Someone at a Chromium on a machine of the lab, before the sign-in page. Browser and all go when it is disposed. */
export interface Visitor extends AsyncDisposable {
  readonly person: Person;
}

interface VisitOptions {
  /** The HTTP proxy that their browser is told to use. */
  readonly proxy?: string | undefined;
}

export async function visit(
  lab: Lab,
  namespace: Namespace,
  url: string,
  name: string,
  { proxy }: VisitOptions = {},
): Promise<Visitor> {
  const browser = await launchChromium({
    prefix: namespace.prefix,
    profile: await mkdtemp(join(lab.folder, `${name}-`)),
    args: [
      // Camera and microphone are for HTTPS and localhost. Where neither is tried, a call goes without a certificate.
      url.startsWith('https:')
        ? '--ignore-certificate-errors'
        : `--unsafely-treat-insecure-origin-as-secure=${url}`,
      ...(proxy === undefined ? [] : [`--proxy-server=${proxy}`]),
    ],
  });
  try {
    const person = await Person.at(browser, url, name);
    return { person, [Symbol.asyncDispose]: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Without the form, which other tests fill in. */
export async function signUp(person: Person): Promise<void> {
  const { page, name } = person;
  const form = { username: name, email: `${name}@example.org`, password: PASSWORD, passwordRepeat: PASSWORD };
  const status = await page.evaluate(async (body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch('/api/account', { method: 'POST', headers, body });
    return answer.status;
  }, JSON.stringify(form));
  if (status >= 300) throw new Error(`signing ${name} up was answered with ${status}`);
  await page.reload();
  await person.signedIn();
}

/**
 * Has the browser ask anew what names stand for, as it does by itself when a call has gone on for a while: Chromium
 * believes an answer for a minute at least.
 */
export async function forgetNames({ page }: Person): Promise<void> {
  // A window of its own leaves the person's page in front.
  const tools = await page.browser().newPage({ type: 'window' });
  await tools.goto('chrome://net-internals/#dns');
  const button = await tools.waitForSelector('#dns-view-clear-cache');
  if (!button) throw new Error('there is no button that clears the names');
  await button.evaluate((node) => (node as HTMLElement).click());
  await tools.close();
}
