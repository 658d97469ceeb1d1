import type { Browser, BrowserContext } from 'puppeteer-core';
import { afterAll, afterEach, expect } from 'vitest';
import type { Overrides } from '../../server/app/overrides.ts';
import { TestAccount } from '../support/account.ts';
import { launchChromium, launchFirefox, type ChromiumOptions } from '../support/browser.ts';
import { temporaryFolder } from '../support/folder.ts';
import { Person } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** The kind of browser that someone sits at. */
export interface Seat extends Pick<ChromiumOptions, 'args' | 'devices'> {
  readonly kind?: 'chromium' | 'firefox';
}

/**
 * Where the scenes of a test file are played. Browsers are kept for the whole file, one for each person who is
 * there at the same time; each test has a server, profiles and accounts of its own, and all of it goes with the
 * test. A page that threw something which nobody caught fails the test.
 */
export class Stage {
  readonly #launched: { key: string; browser: Promise<Browser>; taken: boolean }[] = [];
  readonly #contexts: BrowserContext[] = [];
  readonly #people: Person[] = [];
  readonly #servers: TestServer[] = [];
  readonly #folders: AsyncDisposable[] = [];

  async serve(environment: Record<string, string> = {}, overrides: Overrides = {}): Promise<TestServer> {
    const server = await startServer(environment, overrides);
    this.#servers.push(server);
    return server;
  }

  /** A folder that outlives the servers of the test: for one that comes back with what it knew. */
  async folder(): Promise<string> {
    const folder = await temporaryFolder();
    this.#folders.push(folder);
    return folder.path;
  }

  /** A new, empty profile, in a browser that nobody else of this test uses. */
  async profile(wanted: Seat = {}): Promise<BrowserContext> {
    const key = JSON.stringify(wanted);
    let place = this.#launched.find((one) => !one.taken && one.key === key);
    if (!place) {
      const { kind = 'chromium', ...options } = wanted;
      const browser = kind === 'chromium' ? launchChromium(options) : launchFirefox(options);
      place = { key, browser, taken: false };
      this.#launched.push(place);
    }
    place.taken = true;
    const context = await (await place.browser).createBrowserContext();
    this.#contexts.push(context);
    return context;
  }

  /** Someone before the sign-in page, in a profile of their own. */
  async visitor(server: { readonly url: string }, name: string, seat?: Seat): Promise<Person> {
    return this.follow(await Person.at(await this.profile(seat), server.url, name));
  }

  /** Someone who has signed up already, and has come back. */
  async person(
    server: { readonly url: string },
    name: string,
    seat?: Seat,
    account: Promise<TestAccount> = TestAccount.signUp(server.url, name),
  ): Promise<Person> {
    const [profile, { cookie }] = await Promise.all([this.profile(seat), account]);
    const { hostname } = new URL(server.url);
    await profile.setCookie(
      ...cookie.split('; ').map((pair) => {
        const [key = '', value = ''] = pair.split('=', 2);
        return { name: key, value, domain: hostname, path: '/', httpOnly: true };
      }),
    );
    const person = this.follow(await Person.at(profile, server.url, name));
    await person.signedIn();
    return person;
  }

  /**
   * Ann, who is the admin of a new server, and Ben have signed up, and each has the conversation with the other open.
   *
   * @param annsWay - where Ann's page comes from, if not from the server itself.
   */
  async pair(
    server: TestServer,
    annsWay: { readonly url: string } = server,
  ): Promise<[ann: Person, ben: Person]> {
    const first = TestAccount.signUp(server.url, 'ann');
    const second = first.then(() => TestAccount.signUp(server.url, 'ben'));
    const [ann, ben] = await Promise.all([
      this.person(annsWay, 'ann', {}, first),
      this.person(server, 'ben', {}, second),
    ]);
    await Promise.all([ann.openConversation('ben'), ben.openConversation('ann')]);
    return [ann, ben];
  }

  /** Has the test fail for what this person's page throws. */
  follow(person: Person): Person {
    this.#people.push(person);
    return person;
  }

  /** Ends a test: profiles and server go, the browsers stay. */
  async clear(): Promise<void> {
    const errors = this.#people
      .splice(0)
      .flatMap(({ name, errors }) => errors.map((one) => `${name}: ${one}`));
    await Promise.all(this.#contexts.splice(0).map((context) => context.close().catch(() => undefined)));
    for (const place of this.#launched) place.taken = false;
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
    await Promise.all(this.#folders.splice(0).map((folder) => folder[Symbol.asyncDispose]()));
    expect(errors).toEqual([]);
  }

  async close(): Promise<void> {
    // One that did not start has told so where it was wanted.
    await Promise.allSettled(
      this.#launched.splice(0).map(async ({ browser }) => {
        await (await browser).close();
      }),
    );
  }
}

/** A stage for the tests of the file that calls this. */
export function useStage(): Stage {
  const stage = new Stage();
  afterEach(() => stage.clear());
  afterAll(() => stage.close());
  return stage;
}
