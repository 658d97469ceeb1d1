import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from '../support/browser.ts';
import { Person } from '../support/person.ts';
import type { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';

/** Someone at a Chromium on a machine of the lab, before the sign-in page. Browser and all go when it is disposed. */
export interface Visitor extends AsyncDisposable {
  readonly person: Person;
}

export async function visit(lab: Lab, namespace: Namespace, url: string, name: string): Promise<Visitor> {
  const browser = await launchChromium({
    prefix: namespace.prefix,
    profile: await mkdtemp(join(lab.folder, `${name}-`)),
    // Camera and microphone are for HTTPS and localhost. Which of the two it is makes no difference to a call's
    // packets, and so no certificate is needed.
    args: [`--unsafely-treat-insecure-origin-as-secure=${url}`],
  });
  try {
    const person = await Person.at(browser, url, name);
    return { person, [Symbol.asyncDispose]: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
