import type { Page } from 'puppeteer-core';
import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { useStage } from './stage.ts';

const stage = useStage();

interface Heard {
  sounds: number;
  notifications: { title: string; body: string }[];
  last: Notification | null;
}
interface WatchedWindow extends Window {
  heard?: Heard;
}

/** Notes what the page's own sounds and notifications are; it shows and plays them all the same. */
async function watchAlerts(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const heard: Heard = { sounds: 0, notifications: [], last: null };
    (window as WatchedWindow).heard = heard;
    window.AudioBufferSourceNode = class extends AudioBufferSourceNode {
      override start(when?: number): void {
        super.start(when);
        heard.sounds++;
      }
    };
    window.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        heard.notifications.push({ title, body: options?.body ?? '' });
        heard.last = this;
      }
    };
  });
  await page.reload();
}

const heardBy = ({ page }: Person) =>
  page.evaluate(() => {
    const { sounds = 0, notifications = [] } = (window as WatchedWindow).heard ?? {};
    return { sounds, notifications };
  });

/** Puts the window of a page away, or brings it back. */
async function setInView({ page }: Person, inView: boolean): Promise<void> {
  const cdp = await page.createCDPSession();
  const { windowId } = await cdp.send('Browser.getWindowForTarget');
  const windowState = inView ? 'normal' : 'minimized';
  await cdp.send('Browser.setWindowBounds', { windowId, bounds: { windowState } });
  const state = inView ? 'visible' : 'hidden';
  await until(`the page to be ${state}`, () =>
    page.evaluate((wanted) => document.visibilityState === wanted, state),
  );
}

test('a message that arrives out of view makes one sound and one notification, in one tab', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await ben.page.browserContext().setPermission(server.url, {
    permission: { name: 'notifications' },
    state: 'granted',
  });
  await watchAlerts(ben.page);
  await ben.openSettings();
  await ben.screen.click('switch', 'Notifications for new messages');
  await until('the example', async () => (await heardBy(ben)).notifications.length === 1);
  const second = await ben.inAnotherTab();
  await watchAlerts(second.page);
  await second.signedIn();

  // One of the two is in view: that is enough.
  await setInView(ben, false);
  await ann.write('Seen at once');
  await second.screen.sees('1 unread message');
  await setInView(second, false);
  await ann.write('Are you there?');
  const both = async () => {
    const [one, other] = await Promise.all([heardBy(ben), heardBy(second)]);
    return {
      sounds: one.sounds + other.sounds,
      notifications: [...one.notifications, ...other.notifications].slice(1),
    };
  };
  await until('the notification', async () => (await both()).notifications.length > 0);
  expect(await both()).toEqual({ sounds: 1, notifications: [{ title: 'ann', body: 'Are you there?' }] });

  await setInView(ben, true);
  await ben.screen.click('switch', 'Sound for new messages');
  await ben.screen.click('switch', 'Notifications for new messages');
  await setInView(ben, false);
  await ann.write('And now?');
  await second.screen.sees('3 unread messages');
  expect((await both()).notifications).toHaveLength(1);
  expect((await both()).sounds).toBe(1);
  await setInView(ben, true);
});
