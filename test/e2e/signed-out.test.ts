import { expect, test } from 'vitest';
import { PASSWORD, TestAccount } from '../support/account.ts';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const OTHER_PASSWORD = 'three green lanterns';

/** What the browser still has of the account's words. */
const keptWords = ({ page }: Person) =>
  page.evaluate(
    () => Object.keys(localStorage).filter((key) => /^chataway:(draft|outbox):/.test(key)).length,
  );

const draftOf = ({ page }: Person) => page.evaluate(() => document.querySelector('textarea')?.value);

test('a session that expires keeps the draft; one ended from elsewhere leaves nothing, and says why', async () => {
  const server = await stage.serve();
  await TestAccount.signUp(server.url, 'ben');
  const elsewhere = await TestAccount.signUp(server.url, 'ann');
  const ann = await stage.person(server, 'ann', {}, TestAccount.signIn(server.url, 'ann'));
  await ann.openConversation('ben');
  await ann.screen.fill('Message', 'half a thought');

  // Its time is over: the cookie is gone.
  const profile = ann.page.browserContext();
  await profile.deleteCookie(...(await profile.cookies()));
  await ann.reload();
  await ann.screen.find('button', 'Sign in');
  expect(await keptWords(ann)).toBe(1);
  await ann.signIn();
  await until('the draft to be back', async () => (await draftOf(ann)) === 'half a thought');

  const email = 'ann-elsewhere@example.org';
  await elsewhere.request('PUT', '/api/account/email', { currentPassword: PASSWORD, email });
  await ann.screen.sees(`Your email address was changed to ${email} on another device.`);

  const passwords = { password: OTHER_PASSWORD, passwordRepeat: OTHER_PASSWORD };
  await elsewhere.request('PUT', '/api/account/password', { currentPassword: PASSWORD, ...passwords });
  await ann.screen.sees('Your password was changed on another device, which signed you out here.');
  expect(await keptWords(ann)).toBe(0);
  await ann.signIn({ password: OTHER_PASSWORD });
  await ann.screen.find('log', 'Messages');
  expect(await draftOf(ann)).toBe('');

  // A page that was closed meanwhile learns it when it is opened again.
  await ann.screen.fill('Message', 'half a thought');
  await ann.open('about:blank');
  await elsewhere.request('DELETE', '/api/sessions');
  await ann.open(server.url);
  await ann.screen.sees('You were signed out from another device. Please sign in again.');
  expect(await keptWords(ann)).toBe(0);
});

test('no text becomes HTML or a script in the page', async () => {
  const server = await stage.serve();
  // A page of its own: what is refused here would fail a person's test.
  const page = await (await stage.profile()).newPage();
  await page.goto(server.url);
  const refused = await page.evaluate(() => {
    const tries = {
      html: () => (document.createElement('div').innerHTML = '<img src=x onerror=alert(1)>'),
      parser: () => new DOMParser().parseFromString('<p>', 'text/html'),
      script: () => (document.createElement('script').text = 'alert(1)'),
      source: () => (document.createElement('script').src = '/assets/x.js'),
      policy: () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
        ).trustedTypes.createPolicy('another', {}),
    };
    return Object.entries(tries)
      .filter(([, attempt]) => {
        try {
          attempt();
          return false;
        } catch {
          return true;
        }
      })
      .map(([name]) => name);
  });
  expect(refused).toEqual(['html', 'parser', 'script', 'source', 'policy']);
});
