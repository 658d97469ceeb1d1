import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const PASSWORD = 'a quiet blue harbour';
const OTHER_PASSWORD = 'three green lanterns';

test('what is wrong with a sign-up is told at its field', async () => {
  const server = await stage.serve();
  await stage.person(server, 'ann');
  const visitor = await stage.visitor(server, 'visitor');
  const { screen } = visitor;
  await screen.sees('Forgot your password?');
  expect(await screen.shown()).not.toContain('Ask an admin');
  await visitor.page.locator('summary').click();
  await screen.sees('Ask an admin of this server: they can give you a new password.');
  await screen.click('link', 'Sign up');
  await screen.find('button', 'Sign up');

  const tries = [
    { at: 'Username', with: '', says: 'Please fill this in.' },
    { at: 'Username', with: 'ab', says: 'Use at least 3 characters.' },
    { at: 'Username', with: 'a b c', says: 'Use only letters, digits, and _ . -' },
    // Names are the same whatever their case.
    { at: 'Username', with: 'ANN', says: 'This name is taken. Choose another.' },
    { at: 'Email', with: 'nowhere', says: 'Write an address like name@example.com.' },
    { at: 'Email', with: 'Ann@example.org', says: 'This address has an account already.' },
    { at: 'Password', with: 'short', says: 'Use at least 10 characters.' },
    { at: 'Password', with: 'password123', says: 'This password is easy to guess. Choose another.' },
    { at: 'Repeat password', with: 'another password', says: 'The two passwords are not the same.' },
  ];
  for (const { at, with: text, says } of tries) {
    const form = {
      Username: 'ben',
      Email: 'ben@example.org',
      Password: PASSWORD,
      'Repeat password': PASSWORD,
      ...(at === 'Password' && { 'Repeat password': text }),
      [at]: text,
    };
    for (const [field, value] of Object.entries(form)) await screen.fill(field, value);
    await screen.click('button', 'Sign up');
    await until(`"${says}" at ${at}`, async () => (await faults(visitor))[at] === says);
    expect(await faults(visitor)).toEqual({ [at]: says });
    // Whoever cannot see where is led there.
    expect(await visitor.page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe(
      'true',
    );
  }
});

test('signing in tells nobody whether there is such an account', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann');
  await ann.signOut();

  const answers = new Set<string>();
  for (const [name, password] of [
    ['ann', 'not her password'],
    ['nobody', 'not her password'],
    ['nobody@example.org', PASSWORD],
  ] as const) {
    await ann.reload();
    await ann.screen.fill('Username', name);
    await ann.screen.fill('Password', password);
    await ann.screen.click('button', 'Sign in');
    await until('an answer', async () => (await ann.screen.alerts()).length > 0);
    for (const answer of await ann.screen.alerts()) answers.add(answer);
  }
  expect([...answers]).toEqual(['The username or password is not right.']);

  await ann.screen.fill('Username', 'ANN@example.org');
  await ann.screen.fill('Password', PASSWORD);
  await ann.screen.click('button', 'Sign in');
  await ann.signedIn();
});

test('signing out ends the view of every tab, and others see it', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const other = stage.follow(await ann.inAnotherTab());
  await other.signedIn();

  await ann.page.bringToFront();
  await ann.signOut();
  await other.screen.find('button', 'Sign in', 5_000);
  await other.screen.sees('Your session has ended. Please sign in again.');
  await ben.seesPresence('ann', 'offline');

  await other.signIn();
  await ben.seesPresence('ann', 'online');
});

test('presence follows tabs: one of several may close, the last takes the person away', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const other = stage.follow(await ann.inAnotherTab());
  await other.signedIn();

  await ann.leave();
  // Another change that comes later is seen, so this one would have been, too.
  await stage.person(server, 'cleo');
  await ben.seesPresence('cleo', 'online');
  expect(await ben.presenceOf('ann')).toBe('online');

  await other.leave();
  await ben.seesPresence('ann', 'offline');
});

test('the search finds people by a part of their name, and says when there is nobody', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann');
  const ben = await stage.person(server, 'ben');
  await ann.seesPresence('ben', 'online');
  await stage.person(server, 'benedict');

  await ann.search('EN');
  await ann.seesPresence('benedict', 'online');
  await ann.search('dict');
  await until('ben to be filtered out', async () => (await ann.presenceOf('ben')) === undefined);
  await ann.search('nobody');
  await ann.screen.sees('Nobody found for “nobody”.');
  // The view is live, and knows what it looks for.
  await ben.leave();
  await ann.search('ben');
  await ann.seesPresence('ben', 'offline');
  await ann.screen.click('button', 'Clear the search');
  await ann.seesPresence('benedict', 'online');
});

test('a changed password ends the other sessions, and is the one that counts', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann');
  const elsewhere = await stage.visitor(server, 'ann');
  await elsewhere.signIn();

  await ann.openSettings();
  await ann.screen.click('button', 'Change password');
  expect(Object.keys(await faultsOnceTold(ann))).toContain('New password');
  await changePassword(ann, 'not her password');
  await until('a word at the field', async () =>
    Object.values(await faults(ann)).includes('This password is not right.'),
  );
  await changePassword(ann, PASSWORD);
  await ann.screen.sees('Your password was changed.');
  await elsewhere.screen.find('button', 'Sign in', 5_000);

  await elsewhere.screen.fill('Username', 'ann');
  await elsewhere.screen.fill('Password', PASSWORD);
  await elsewhere.screen.click('button', 'Sign in');
  await elsewhere.screen.sees('The username or password is not right.');
  await elsewhere.signIn({ password: OTHER_PASSWORD });
});

test('sessions are listed and can be ended, one or all others', async () => {
  const server = await stage.serve();
  const ann = await stage.person(server, 'ann');
  const second = await stage.visitor(server, 'ann');
  const third = await stage.visitor(server, 'ann');
  await second.signIn();
  await third.signIn();

  await ann.openSettings();
  const list = () => ann.screen.textOf('list', 'Where you are signed in');
  await until('three sessions', async () => (await list()).split('Last active').length === 4);
  expect(await list()).toContain('This browser');
  await ann.screen.click('button', 'End session: Chrome on Linux');
  await until('two sessions', async () => (await list()).split('Last active').length === 3);
  await ann.screen.click('button', 'End all other sessions');
  await Promise.all([second, third].map(({ screen }) => screen.find('button', 'Sign in')));
  await until('one session', async () => (await list()).split('Last active').length === 2);
  await ann.signedIn();
});

/** Asks for OTHER_PASSWORD. */
async function changePassword({ screen }: Person, currentPassword: string): Promise<void> {
  await screen.fill('Current password', currentPassword);
  await screen.fill('New password', OTHER_PASSWORD);
  await screen.fill('Repeat new password', OTHER_PASSWORD);
  await screen.click('button', 'Change password');
}

/** What is said of which field: by the field's own description, so that a screen reader says it there. */
async function faults({ page }: Person): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const told: Record<string, string> = {};
    for (const field of document.querySelectorAll<HTMLInputElement>('input[aria-invalid]')) {
      const label = field.labels?.[0]?.textContent ?? '';
      const note = document.getElementById(field.getAttribute('aria-describedby') ?? '');
      if (note?.role === 'alert') told[label] = note.textContent;
    }
    return told;
  });
}

async function faultsOnceTold(person: Person): Promise<Record<string, string>> {
  return until('a fault at a field', async () => {
    const told = await faults(person);
    return Object.keys(told).length > 0 && told;
  });
}
