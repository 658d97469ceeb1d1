import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { darkAndSilent } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const MOST_STEPS = 60;

test('by keyboard alone: sign in, find someone, write, call and end', async () => {
  const server = await stage.serve();
  const ben = await stage.person(server, 'ben');
  const ann = await stage.person(server, 'ann');
  await ben.openConversation('ann');
  await ann.signOut();
  const { keyboard } = ann.page;

  await tabTo(ann, 'Username');
  await keyboard.type('ann');
  await tabTo(ann, 'Password');
  await keyboard.type('a quiet blue harbour');
  await keyboard.press('Enter');
  await ann.signedIn();

  await tabTo(ann, 'Search people');
  await keyboard.type('be');
  await ann.seesPresence('ben', 'online');
  await tabTo(ann, /^ben online/);
  await keyboard.press('Enter');
  await ann.screen.find('heading', 'ben');
  await focusIs(ann, 'Message');
  await keyboard.type('Do you hear me?');
  await keyboard.press('Enter');
  await ben.reads('Do you hear me?');

  await tabTo(ann, 'Voice call');
  await keyboard.press('Enter');
  await ben.rings();
  // The question takes the focus, and its answers are a few keys away.
  await focusIs(ben, 'Incoming call');
  await tabTo(ben, 'Answer');
  await ben.page.keyboard.press('Enter');
  await Promise.all([ann.inCall(), ben.inCall()]);
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);

  await tabTo(ann, 'Mute microphone');
  await keyboard.press('Space');
  await focusIs(ann, 'Unmute microphone');
  await tabTo(ann, 'End call');
  await keyboard.press('Enter');
  await Promise.all([ann.callEnded(), ben.callEnded()]);
  // The focus goes back to where it was.
  await keyboard.press('Escape');
  await focusIs(ann, 'Voice call');
  await ben.page.keyboard.press('Escape');
  await focusIs(ben, 'Message');
});

test('the focus stays in the question of who rings, and comes back after it', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await ben.screen.fill('Message', 'half a thought');
  await focusIs(ben, 'Message');

  await ann.call('video');
  await ben.rings();
  await focusIs(ben, 'Incoming call');
  const stops = new Set<string>();
  for (let step = 0; step < 8; step++) {
    await ben.page.keyboard.press('Tab');
    stops.add((await focus(ben)).name);
  }
  // Beside the buttons a browser's own frame may be one stop of the round.
  stops.delete('');
  expect([...stops].sort()).toEqual(['Answer', 'Answer without video', 'Decline', 'Ignore']);
  // Not even by Escape is a call declined unintentionally.
  await ben.page.keyboard.press('Escape');
  await ben.rings();

  await tabTo(ben, 'Decline');
  await ben.page.keyboard.press('Enter');
  await ben.ringsNoMore();
  await focusIs(ben, 'Message');
  await ben.page.keyboard.type(' more');
  expect(await ben.page.$eval('textarea', ({ value }) => value)).toBe('half a thought more');
  await ann.callEnded();
});

test('who writes while it rings presses nothing by accident', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  await ben.screen.fill('Message', 'half a thought');
  await ann.call('video');
  await ben.rings();
  await focusIs(ben, 'Incoming call');

  for (const key of ['m', 'Space', 'o', 'Space', 'Enter'] as const) await ben.page.keyboard.press(key);
  expect(await ben.screen.has('alertdialog', 'Incoming call')).toBe(true);
  await darkAndSilent(ben);
  await ben.decline();
  expect(await ann.callEnded()).toContain('ben declined.');
  expect(await ben.page.$eval('textarea', ({ value }) => value)).toBe('half a thought');
});

test('by keyboard alone: an admin disables someone, and the focus comes back from each dialog', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann');
  await stage.person(server, 'ben');
  const { keyboard } = ann.page;
  await tabTo(ann, 'Account');
  await keyboard.press('Enter');
  await tabTo(ann, 'Administration');
  await keyboard.press('Enter');
  await ann.screen.find('button', 'Actions for ben');
  await tabTo(ann, 'People');
  for (const section of ['Reports', 'Registration', 'Audit log', 'People']) {
    await keyboard.press('ArrowRight');
    await focusIs(ann, section);
  }
  await tabTo(ann, 'Actions for ben');
  for (const end of ['Escape', 'Enter'] as const) {
    await keyboard.press('Enter');
    await tabTo(ann, 'Disable');
    await keyboard.press('Enter');
    // The harmless one is at hand.
    await focusIs(ann, 'Cancel');
    if (end === 'Enter') await tabTo(ann, 'Disable');
    await keyboard.press(end);
    await focusIs(ann, 'Actions for ben');
  }
  await ann.screen.sees('ben is disabled.');
});

/** Steps on by Tab to what has this name; at each stop it has to be seen where one is. */
async function tabTo(person: Person, name: string | RegExp): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < MOST_STEPS; step++) {
    await person.page.keyboard.press('Tab');
    const now = await focus(person);
    if (now.name !== '') expect(now, `the focus of ${person.name}`).toMatchObject({ visible: true });
    if (typeof name === 'string' ? now.name === name : name.test(now.name)) return;
    passed.push(now.name);
  }
  throw new Error(`${String(name)} is not reached by Tab, only: ${passed.join(', ')}`);
}

async function focusIs(person: Person, name: string): Promise<void> {
  await until(`the focus of ${person.name} on ${name}`, async () => (await focus(person)).name === name);
}

interface Focus {
  /** What a screen reader calls it; empty where nothing in the page has the focus. */
  readonly name: string;
  /** Whether it, or the frame around it, is marked. */
  readonly visible: boolean;
}

async function focus({ page }: Person): Promise<Focus> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return { name: '', visible: false };
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined;
    const copy = element.cloneNode(true) as HTMLElement;
    for (const hidden of copy.querySelectorAll('[aria-hidden="true"], svg')) hidden.remove();
    const text = element.ariaLabel ?? label ?? copy.textContent;
    const marked = (one: Element | null) => {
      if (!one) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
    };
    const candidates = [element, element.parentElement, ...element.children];
    return { name: text.replace(/\s+/g, ' ').trim(), visible: candidates.some(marked) };
  });
}
