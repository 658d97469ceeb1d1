import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { TestAccount } from '../support/account.ts';
import { until } from '../support/until.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const HEBREW = 'מה שלומך? (טוב).';
const LINES = `first${'\n'.repeat(3_980)}last`;
const PARAGRAPH = 'words and more '.repeat(260).trim();
const PILE = `Z${'\u0301\u0302\u0303\u0304\u0306'.repeat(60)}`;

test('right-to-left, long and odd texts are laid out as they are meant, in the language of the page', async () => {
  const server = await stage.serve();
  // Also a browser in another language shows the page's words and dates in the page's language.
  const ann = await stage.visitor(server, 'ann');
  const session = await ann.page.createCDPSession();
  await session.send('Emulation.setLocaleOverride', { locale: 'de-AT' });
  await ann.page.evaluateOnNewDocument(() => {
    Object.defineProperty(navigator, 'languages', { value: ['de-AT', 'de'] });
  });
  await ann.page.reload();
  await ann.signUp();

  const sara = await TestAccount.signUp(server.url, 'שרה');
  using connection = await sara.connect();
  const { people } = await connection.request('listPeople', { search: 'ann' });
  const accountId = people[0]?.id ?? '';
  const { conversation } = await connection.request('openConversation', { accountId });
  for (const text of [LINES, PARAGRAPH, PILE, 'see http://[2001:db8::1]/x.', HEBREW]) {
    await connection.request('sendMessage', { conversationId: conversation.id, id: randomUUID(), text });
  }
  await ann.openConversation('שרה');
  await ann.screen.find('heading', 'שרה');
  await ann.screen.sees('Today');

  const bubble = (starts: string) =>
    ann.page.evaluate((beginning) => {
      const text = [...document.querySelectorAll('[role="log"] p[dir="auto"]')].find((one) =>
        one.textContent.startsWith(beginning),
      );
      const node = text && document.createTreeWalker(text, NodeFilter.SHOW_TEXT).nextNode();
      if (!text || !node) return null;
      const box = (from: number) => {
        const range = document.createRange();
        range.setStart(node, from);
        range.setEnd(node, from + 1);
        return range.getBoundingClientRect();
      };
      const outer = text.getBoundingClientRect();
      return {
        height: outer.height,
        first: box(0).right,
        last: box((node.textContent?.length ?? 1) - 1).left,
        right: outer.right,
        clips: getComputedStyle(text.closest('.bubble') ?? text).overflow,
        links: [...text.querySelectorAll('a')].map(({ href, textContent }) => [textContent, href]),
      };
    }, starts);

  const hebrew = await bubble('מה');
  // The first letter is at the right edge, the full stop at the left end.
  expect(hebrew?.right).toBeCloseTo(hebrew?.first ?? 0, 0);
  expect(hebrew?.last).toBeLessThan((hebrew?.first ?? 0) - 50);
  expect((await bubble('see'))?.links).toEqual([['http://[2001:db8::1]/x', 'http://[2001:db8::1]/x']]);
  expect((await bubble('Z'))?.clips).toBe('clip');

  // Both long ones are folded, and unfold by a button that says so.
  for (const start of ['first', 'words']) expect((await bubble(start))?.height).toBeLessThan(600);
  const folds = () =>
    ann.page.$$eval('[role="log"] button[aria-expanded]', (all) => all.map((one) => one.ariaExpanded));
  expect(await folds()).toEqual(['false', 'false']);
  await ann.page.locator('[role="log"] button[aria-expanded]').click();
  await until('the text to unfold', async () => ((await bubble('first'))?.height ?? 0) > 50_000);
  expect(await folds()).toEqual(['true', 'false']);
  await ann.screen.click('button', 'Show less');
  await until('the text to fold', async () => ((await bubble('first'))?.height ?? 1e6) < 600);

  await ann.screen.click('tab', 'Chats');
  // What is written, and what was last written in the list, run from right to left, too.
  await ann.screen.fill('Message', 'שלום');
  const directions = await ann.page.evaluate(() =>
    [...document.querySelectorAll('textarea, h1, .name, bdi')]
      .filter((one) =>
        /\p{Script=Hebrew}/u.test(one instanceof HTMLTextAreaElement ? one.value : one.textContent),
      )
      .map((one) => `${one.localName} ${getComputedStyle(one).direction}`),
  );
  expect(directions.toSorted()).toEqual(['bdi rtl', 'h1 rtl', 'span rtl', 'textarea rtl']);

  // Invisible characters alone cannot be sent.
  await ann.screen.fill('Message', '\u200b\u2060\u3164');
  expect(await ann.page.$eval('button[aria-label="Send"]', (button) => button.ariaDisabled)).toBe('true');
  await ann.screen.fill('Message', 'x');
  expect(await ann.page.$eval('button[aria-label="Send"]', (button) => button.ariaDisabled)).toBe('false');
});
