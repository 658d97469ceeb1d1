import type { Browser, BrowserContext, ElementHandle, Page } from 'puppeteer-core';
import { readMedia, watchMedia, type MediaReport } from './page-media.ts';
import { clickOn, Screen, spokenText } from './screen.ts';
import { until } from './until.ts';

const PASSWORD = 'a quiet blue harbour';
const MEDIA_WAIT_MS = 30_000;

export type CallKind = 'voice' | 'video';
/** What the call check found: the ways to the server that work, and the sentences for the two who can mend something. */
export interface CallCheck {
  readonly works: readonly string[];
  readonly person: string;
  readonly operator: string | null;
}
/** A tab of the page of admins, as it is called: that of the reports tells how many are open. */
export type AdminSection =
  'People' | 'Reports' | `Reports ${number} open report` | 'Registration' | 'Audit log';
export type Presence = 'online' | 'in a call' | 'offline';

/**
 * Someone at a browser: the one page object that all browser tests share, in test/e2e and in test/lab. Each verb is
 * what a person does and waits until it is possible; names are those of the accessibility tree and stand only here.
 * A new screen gets its verbs here, so that a changed name is changed once.
 */
export class Person {
  readonly name: string;
  readonly page: Page;
  readonly screen: Screen;
  /** What the page threw and nobody caught. A test that ends well has none. */
  readonly errors: string[] = [];
  /** Whether they go when the page asks whether they really want to leave. */
  leavesWhenAsked = true;
  /** How often the page has asked that. */
  timesAsked = 0;
  readonly #browser: Browser | BrowserContext;
  readonly #url: string;

  private constructor(name: string, url: string, browser: Browser | BrowserContext, page: Page) {
    this.name = name;
    this.page = page;
    this.screen = new Screen(page);
    this.#browser = browser;
    this.#url = url;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('dialog', (dialog) => {
      const leaving = dialog.type() === 'beforeunload';
      if (leaving) this.timesAsked++;
      void (leaving && this.leavesWhenAsked ? dialog.accept() : dialog.dismiss());
    });
    // The content security policy, Trusted Types included, forbids nothing that the page needs.
    page.on('console', (message) => {
      if (/content security policy|trusted ?(type|html|script)/i.test(message.text()))
        this.errors.push(message.text());
    });
  }

  /** Opens the service's page. Two contexts of a browser are two people, two pages of one are the same. */
  static async at(browser: Browser | BrowserContext, url: string, name: string): Promise<Person> {
    // In a window of its own, because a page behind another is not drawn, and answers no questions.
    const page = await browser.newPage({ type: 'window' });
    await watchMedia(page);
    const person = new Person(name, url, browser, page);
    await page.goto(url);
    return person;
  }

  /** The same person in one more tab, signed in where this one is. */
  async inAnotherTab(): Promise<Person> {
    return Person.at(this.#browser, this.#url, this.name);
  }

  /** Opens another address of the service, such as a link that came by mail. */
  async open(address: string): Promise<void> {
    // Another fragment alone loads nothing.
    await this.page.goto('about:blank');
    await this.page.goto(address);
  }

  async signUp({ email = `${this.name}@example.org`, password = PASSWORD } = {}): Promise<void> {
    // The form or the way to it, once the page knows who may.
    await this.screen.sees('Sign up');
    if (!(await this.screen.has('button', 'Sign up'))) await this.screen.click('link', 'Sign up');
    // Until then the fields of signing in are there, of which one has the same name.
    await this.screen.find('button', 'Sign up');
    await this.screen.fill('Username', this.name);
    await this.screen.fill('Email', email);
    await this.screen.fill('Password', password);
    await this.screen.fill('Repeat password', password);
    await this.screen.click('button', 'Sign up');
    await this.signedIn();
  }

  async signIn({ password = PASSWORD } = {}): Promise<void> {
    await this.screen.fill('Username', this.name);
    await this.screen.fill('Password', password);
    await this.screen.click('button', 'Sign in');
    await this.signedIn();
  }

  /** Waits until the list of people is there. */
  async signedIn(): Promise<void> {
    await this.screen.find('list', 'People');
  }

  async signOut(): Promise<void> {
    await this.screen.click('button', 'Account');
    await this.screen.click('button', 'Sign out');
    await this.screen.find('button', 'Sign in');
  }

  /** Opens the account's own page. */
  async openSettings(): Promise<void> {
    await this.screen.click('button', 'Account');
    await this.screen.click('button', 'Account settings');
    await this.screen.find('heading', 'Account');
  }

  /** Has the ways to the server tried, from the account's page or again, and returns what came of it. */
  async checkCalls(): Promise<CallCheck> {
    if (await this.screen.has('button', 'Check again')) await this.screen.click('button', 'Check again');
    else {
      await this.openSettings();
      await this.screen.click('button', 'Check calls');
    }
    await this.screen.find('list', 'Ways to the server');
    return until(
      `the call check of ${this.name}`,
      () =>
        this.page.evaluate(() => {
          const list = document.querySelector('[aria-label="Ways to the server"]');
          const verdict = list?.parentElement?.querySelector('[role="status"]')?.textContent ?? '';
          if (!list || verdict === '' || verdict.startsWith('Checking')) return undefined;
          const ways = [...list.querySelectorAll('li')].map((item) =>
            item.innerText.replace(/\s+/g, ' ').trim(),
          );
          const note = document.querySelector('strong')?.parentElement?.innerText;
          return {
            works: ways.filter((way) => way.endsWith(' works')).map((way) => way.replace(' works', '')),
            person: verdict.trim(),
            operator: note?.replace('For whoever runs the server: ', '') ?? null,
          };
        }),
      MEDIA_WAIT_MS,
    );
  }

  /** Opens the page of admins, at one of its sections. */
  async openAdmin(section: AdminSection = 'People'): Promise<void> {
    if (!(await this.screen.has('heading', 'Administration'))) {
      await this.screen.click('button', 'Account');
      await this.screen.click('button', 'Administration');
    }
    await this.screen.click('tab', section);
  }

  /** As an admin does something to an account that takes a second click: "Disable", "Reset password", "Delete". */
  async administer(name: string, action: 'Disable' | 'Reset password' | 'Delete'): Promise<void> {
    await this.screen.click('button', `Actions for ${name}`);
    await this.screen.click('button', action);
    await this.screen.find('button', 'Cancel');
    await this.screen.click('button', action);
  }

  /** Makes an invitation on the page of admins, and returns its link. */
  async invite(): Promise<string> {
    await this.openAdmin('Registration');
    await this.screen.click('button', 'Create invitation');
    const field = await this.screen.find('textbox', 'Link');
    const link = await field.evaluate((element) => (element as HTMLInputElement).value);
    await this.screen.click('button', 'Done');
    return link;
  }

  /** From a conversation or the account's page back to the list, where a phone shows only one of them. */
  async goBack(): Promise<void> {
    await this.page.goBack();
    await this.signedIn();
  }

  /** As an admin closes the report that stands first. */
  async closeReport(): Promise<void> {
    await until(`${this.name} to close a report`, async () => {
      for (const button of await this.page.$$('article button')) {
        if ((await spokenText(button)) === 'Close') return clickOn(button);
      }
      return false;
    });
  }

  async search(text: string): Promise<void> {
    await this.screen.fill('Search people', text);
  }

  /** What the list says of another; undefined where it does not have them. */
  async presenceOf(name: string): Promise<Presence | undefined> {
    const row = await this.#row(name);
    if (!row) return undefined;
    const text = (await spokenText(row)).slice(name.length).trimStart();
    return (['online', 'in a call', 'offline'] as const).find((presence) => text.startsWith(presence));
  }

  async seesPresence(name: string, presence: Presence, timeoutMs?: number): Promise<void> {
    await until(
      `${this.name} to see ${name} ${presence}`,
      async () => (await this.presenceOf(name)) === presence,
      timeoutMs,
    );
  }

  /** Opens the conversation with someone on the list. */
  async openConversation(name: string): Promise<void> {
    await until(`${this.name} to click on ${name}`, async () => {
      const row = await this.#row(name);
      return row && clickOn(row);
    });
    await this.screen.find('heading', name);
    await this.screen.find('log', 'Messages');
  }

  /** Writes into the open conversation. */
  async write(text: string): Promise<void> {
    await this.screen.fill('Message', text);
    await this.screen.click('button', 'Send');
  }

  /** The text of the open conversation's log. */
  async messages(): Promise<string> {
    return this.screen.textOf('log', 'Messages');
  }

  async reads(text: string, timeoutMs?: number): Promise<void> {
    await until(
      `${this.name} to read "${text}"`,
      async () => (await this.messages()).includes(text),
      timeoutMs,
    );
  }

  /** Opens the dialog that reports the person of the open conversation. */
  async openReport(name: string): Promise<void> {
    await this.screen.click('button', 'More');
    await this.screen.click('button', `Report ${name}`);
    await this.screen.find('dialog', `Report ${name}`);
  }

  /** Chooses the message that begins with this, in the dialog that reports its writer. */
  async chooseToReport(text: string): Promise<void> {
    await until(`${this.name} to choose "${text}"`, async () => {
      for (const label of await this.page.$$('dialog label')) {
        if ((await spokenText(label)).startsWith(text)) return clickOn(label);
      }
      return false;
    });
  }

  /** Calls the person of the open conversation. */
  async call(kind: CallKind): Promise<void> {
    await this.screen.click('button', kind === 'video' ? 'Video call' : 'Voice call');
    await this.screen.find('button', 'Cancel call');
  }

  /** Waits until this tab rings, and returns what the dialog says: who calls, and the kind of call. */
  async rings(timeoutMs?: number): Promise<string> {
    return this.screen.textOf('alertdialog', 'Incoming call', timeoutMs);
  }

  /** Waits until this tab rings no more. */
  async ringsNoMore(timeoutMs?: number): Promise<void> {
    await this.screen.gone('alertdialog', 'Incoming call', timeoutMs);
  }

  async answer({ video = true } = {}): Promise<void> {
    await this.rings();
    // A voice call has but one way to answer.
    const withoutVideo = !video && (await this.screen.has('button', 'Answer without video'));
    await this.screen.click('button', withoutVideo ? 'Answer without video' : 'Answer');
    await this.inCall();
  }

  async decline(): Promise<void> {
    await this.screen.click('button', 'Decline');
  }

  async cancel(): Promise<void> {
    await this.screen.click('button', 'Cancel call');
  }

  /** Waits until the call has been answered. */
  async inCall(timeoutMs?: number): Promise<void> {
    await this.screen.find('button', 'End call', timeoutMs);
  }

  async end(): Promise<void> {
    await this.screen.click('button', 'End call');
  }

  /** Waits until the call is over, and returns what is said of it: the reason, and the duration if it was answered. */
  async callEnded(timeoutMs?: number): Promise<string> {
    return this.screen.textOf('region', 'Call ended', timeoutMs);
  }

  /** Closes what is said of a call that is over. */
  async dismiss(): Promise<void> {
    await this.screen.click('button', 'Close');
    await this.screen.gone('region', 'Call ended');
  }

  async callAgain(): Promise<void> {
    await this.screen.click('button', 'Call again');
  }

  async mute(): Promise<void> {
    await this.screen.click('button', 'Mute microphone');
    await this.screen.find('button', 'Unmute microphone');
  }

  async unmute(): Promise<void> {
    await this.screen.click('button', 'Unmute microphone');
    await this.screen.find('button', 'Mute microphone');
  }

  async turnCameraOff(): Promise<void> {
    await this.screen.click('button', 'Turn camera off');
    await this.screen.find('button', 'Turn camera on');
  }

  async turnCameraOn(): Promise<void> {
    await this.screen.click('button', 'Turn camera on');
    await this.screen.find('button', 'Turn camera off');
  }

  /** What this tab sends and receives. */
  async media(): Promise<MediaReport> {
    return readMedia(this.page);
  }

  /** Waits until so many more frames have been decoded than now. */
  async seesFrames(more: number, timeoutMs = MEDIA_WAIT_MS): Promise<MediaReport> {
    const before = (await this.media()).video.framesDecoded;
    return this.mediaShows(
      `${more} more frames`,
      ({ video }) => video.framesDecoded >= before + more,
      timeoutMs,
    );
  }

  /** Waits until more sound than silence has been played from now on. */
  async hearsSound(timeoutMs = MEDIA_WAIT_MS): Promise<MediaReport> {
    const before = (await this.media()).audio.energy;
    return this.mediaShows('sound', ({ audio }) => audio.energy > before + AUDIBLE_ENERGY, timeoutMs);
  }

  /** Waits until the report is as wanted. */
  async mediaShows(
    what: string,
    holds: (report: MediaReport) => boolean,
    timeoutMs = MEDIA_WAIT_MS,
  ): Promise<MediaReport> {
    return this.screen.wait(`${this.name} to get ${what}`, timeoutMs, async () => {
      const report = await this.media();
      if (!holds(report)) throw new Error(`there was ${JSON.stringify(report)}`);
      return report;
    });
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  /** Closes this tab as people do: the page may ask first. */
  async close(): Promise<void> {
    await this.page.close({ runBeforeUnload: true });
  }

  /** Closes this tab. */
  async leave(): Promise<void> {
    await this.page.close();
  }

  /** The button of the list that stands for someone; its name begins with theirs. */
  async #row(name: string): Promise<ElementHandle | undefined> {
    const list = await this.screen.find('list', 'People');
    const buttons = await list.$$('li > button');
    for (const button of buttons) {
      const text = await spokenText(button);
      // No other name begins like this: a name's own characters would follow.
      if (text === name || text.startsWith(`${name} `)) return button;
    }
    return undefined;
  }
}

/** The fake devices beep once a second at an energy far above this; digital silence adds nothing at all. */
const AUDIBLE_ENERGY = 1e-5;
