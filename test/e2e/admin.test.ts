import type { HTTPRequest } from 'puppeteer-core';
import { expect, test } from 'vitest';
import { operatorDoor } from '../support/admin.ts';
import { until } from '../support/until.ts';
import type { Person } from '../support/person.ts';
import { useStage } from './stage.ts';

const stage = useStage();

/** What a dialog shows this once. */
const secretOf = async (person: Person, label: string) =>
  (await person.screen.find('textbox', label)).evaluate((field) => (field as HTMLInputElement).value);

/** The page's requests for this path fail as without a connection, until what is returned is called. */
async function refuse({ page }: Person, path: string): Promise<() => Promise<void>> {
  const decide = (request: HTTPRequest) =>
    void (request.url().endsWith(path) ? request.abort('connectionrefused') : request.continue());
  await page.setRequestInterception(true);
  page.on('request', decide);
  return async () => {
    page.off('request', decide);
    await page.setRequestInterception(false);
  };
}

test('an admin invites someone, reads what is reported of them, and throws them out in mid-call', async () => {
  const server = await stage.serve();
  const [cleo, ann] = [await stage.person(server, 'cleo'), await stage.person(server, 'ann')];
  const accept = await refuse(cleo, '/api/admin/getRegistration');
  await cleo.openAdmin('Registration');
  await cleo.screen.sees('The server cannot be reached.');
  await accept();
  await cleo.screen.click('button', 'Try again');
  await cleo.screen.click('radio', 'People with an invitation');
  await cleo.screen.sees('Saved.');
  await cleo.screen.click('button', 'Create invitation');
  const link = await secretOf(cleo, 'Link');
  await cleo.screen.click('button', 'Done');
  await cleo.screen.sees('Open until');

  // Without it there is no way in.
  const ben = await stage.visitor(server, 'ben');
  await ben.screen.click('link', 'Sign up');
  await ben.screen.find('heading', 'You need an invitation');
  await ben.open(link);
  await ben.signUp();
  expect(ben.page.url()).not.toContain('sign-up');
  await ann.seesPresence('ben', 'online');

  // It was for one.
  const mallory = await stage.visitor(server, 'mallory');
  await mallory.open(link);
  await mallory.screen.fill('Username', 'mallory');
  await mallory.screen.fill('Email', 'mallory@example.org');
  await mallory.screen.fill('Password', 'a quiet blue harbour');
  await mallory.screen.fill('Repeat password', 'a quiet blue harbour');
  await mallory.screen.click('button', 'Sign up');
  await mallory.screen.sees('This invitation has been used already.');

  await Promise.all([ann.openConversation('ben'), ben.openConversation('ann')]);
  await ben.write('Can you hear me?');
  await ben.write('Pick up, or else.');
  await ann.reads('Pick up, or else.');
  await ann.openReport('ben');
  await ann.screen.click('button', 'Send report');
  await ann.screen.sees('Choose a message or write a note.');
  await ann.chooseToReport('Pick up, or else.');
  await ann.screen.fill('Note to the admins (optional)', 'He frightens me.');
  await ann.screen.click('button', 'Send report');
  await ann.screen.sees('Your report was sent to the admins.');
  await until('the focus to be back', () =>
    ann.page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'More'),
  );
  await ann.call('video');
  await ben.answer();
  await Promise.all([ann.seesFrames(5), ben.seesFrames(5)]);
  // The page of admins was open all the time, and counts anew where the section is opened.
  await cleo.openAdmin('Reports');
  await cleo.screen.find('tab', 'Reports 1 open report');
  await cleo.screen.sees('ann reported ben');
  await cleo.screen.sees('He frightens me.');
  await cleo.screen.sees('Pick up, or else.');
  expect(await cleo.screen.shown()).not.toContain('Can you hear me?');
  await cleo.screen.click('button', 'Account of ben');
  await cleo.screen.gone('button', 'Actions for ann');
  await cleo.administer('ben', 'Disable');
  await cleo.screen.sees('ben is disabled.');
  await ben.screen.sees('An admin has signed you out.');
  await ann.callEnded();
  await ann.dismiss();
  await ann.screen.sees('The account of ben is disabled.');
  expect(await ann.messages()).toContain('Can you hear me?');
  expect(await ann.screen.has('button', 'Video call')).toBe(false);
  expect(await ann.screen.has('textbox', 'Message')).toBe(false);
  await until('ben to leave the list', async () => (await ann.presenceOf('ben')) === undefined);
  await ben.screen.fill('Username', 'ben');
  await ben.screen.fill('Password', 'a quiet blue harbour');
  await ben.screen.click('button', 'Sign in');
  await ben.screen.sees('This account is switched off.');

  await cleo.openAdmin('Reports 1 open report');
  await cleo.closeReport();
  await cleo.screen.sees('No report is open.');
  await cleo.screen.find('tab', 'Reports');
  await cleo.screen.click('switch', 'Show closed reports');
  await cleo.screen.sees('Closed by cleo');

  await cleo.openAdmin('Audit log');
  await cleo.screen.sees('cleo closed report');
  await cleo.screen.sees('cleo disabled ben');
  await cleo.screen.sees('cleo let people sign up by invitation only');
});

test('accounts are made, promoted, given new passwords, and deleted; roles are told at once', async () => {
  const server = await stage.serve();
  const [cleo, ann] = [await stage.person(server, 'cleo'), await stage.person(server, 'ann')];
  await cleo.openAdmin();
  await cleo.screen.click('button', 'Add account');
  await cleo.screen.fill('Username', 'no');
  await cleo.screen.fill('Email', 'noor@example.org');
  await cleo.page.keyboard.press('Enter');
  await cleo.screen.sees('Use at least 3 characters.');
  await cleo.screen.fill('Username', 'noor');
  await cleo.page.keyboard.press('Enter');
  const password = await secretOf(cleo, 'Password');
  await cleo.screen.click('button', 'Done');
  const noor = await stage.visitor(server, 'noor');
  await noor.signIn({ password });

  await cleo.screen.click('button', 'Actions for noor');
  await cleo.screen.click('button', 'Make admin');
  await cleo.screen.sees('noor is an admin now.');
  await noor.openAdmin();
  await noor.screen.click('button', 'Actions for noor');
  await noor.screen.click('button', 'Remove as admin');
  await noor.screen.find('button', 'Cancel');
  await noor.screen.click('button', 'Remove as admin');
  await noor.screen.sees('This page is for the admins of this server.');

  await cleo.administer('noor', 'Reset password');
  const fresh = await secretOf(cleo, 'Password');
  await cleo.screen.click('button', 'Done');
  await noor.screen.sees('An admin has signed you out.');
  await noor.signIn({ password: fresh });

  await ann.openConversation('noor');
  await ann.write('For the archive.');
  await cleo.screen.click('button', 'Actions for noor');
  const accept = await refuse(cleo, '/api/admin/listSessions');
  await cleo.screen.click('button', 'Sessions');
  await cleo.screen.sees('The server cannot be reached.');
  expect(await cleo.screen.shown()).not.toContain('Signed in nowhere.');
  await accept();
  await cleo.screen.click('button', 'Try again');
  await cleo.screen.click('button', 'End all sessions');
  await cleo.screen.sees('Signed in nowhere.');
  // What is told behind a modal dialog is told to nobody.
  expect(await cleo.page.$eval('dialog', ({ innerText }) => innerText)).toContain('1 session was ended.');
  await noor.screen.sees('An admin has signed you out.');
  await cleo.screen.click('button', 'Done');
  await cleo.administer('noor', 'Delete');
  await cleo.screen.sees('noor is deleted.');
  await until('the focus to be on the list that noor left', () =>
    cleo.page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'Accounts'),
  );
  await ann.screen.sees('This account was deleted.');
  expect(await ann.messages()).toContain('For the archive.');

  // One's own password is changed under "Account settings": a reset would end the session that is to show it.
  await cleo.screen.click('button', 'Actions for cleo');
  await cleo.screen.find('button', 'Delete');
  expect(await cleo.screen.has('button', 'Reset password')).toBe(false);
  await cleo.page.keyboard.press('Escape');

  // The last admin stays.
  await cleo.administer('cleo', 'Delete');
  await cleo.screen.sees('This is the last admin.');
});

test('a call is in front of a dialog, which comes back with what it shows this once', async () => {
  const server = await stage.serve();
  const [cleo, ann] = [await stage.person(server, 'cleo'), await stage.person(server, 'ann')];
  await cleo.openAdmin();
  await cleo.screen.click('button', 'Add account');
  await cleo.screen.fill('Username', 'noor');
  await cleo.screen.fill('Email', 'noor@example.org');
  await cleo.page.keyboard.press('Enter');
  const password = await secretOf(cleo, 'Password');

  await ann.openConversation('cleo');
  await ann.call('voice');
  await cleo.answer();
  expect(await cleo.screen.has('textbox', 'Password')).toBe(false);
  await cleo.end();
  await cleo.callEnded();
  await cleo.dismiss();
  expect(await secretOf(cleo, 'Password')).toBe(password);
  await cleo.screen.click('button', 'Done');
  await until('the focus to be back', () =>
    cleo.page.evaluate(() => document.activeElement?.textContent.trim() === 'Add account'),
  );
});

test('where registration is closed, nobody is led to it', async () => {
  const server = await stage.serve();
  await operatorDoor(server.dataDir).ask('setRegistration', { registration: 'closed' });
  const ann = await stage.visitor(server, 'ann');
  await ann.screen.find('button', 'Sign in');
  expect(await ann.screen.has('link', 'Sign up')).toBe(false);
  await ann.open(`${server.url}/#/sign-up`);
  await ann.screen.sees('Nobody can sign up on this server right now.');
});

test('what changed while the server was away is shown once it is back', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR });
  const [cleo, ann] = [await stage.person(first, 'cleo'), await stage.person(first, 'ann')];
  const operator = operatorDoor(DATA_DIR);
  const { account } = await operator.ask('findAccount', { name: ann.name });
  await ann.openSettings();
  await cleo.openAdmin('Registration');
  await choiceIs(cleo, 'Everyone who opens this page');
  const admins = await cleo.inAnotherTab();
  stage.follow(admins);
  await admins.openAdmin();
  await admins.screen.find('button', 'Actions for ann');

  await operator.ask('setRegistration', { registration: 'closed' });
  await operator.ask('disableAccount', { accountId: account.id });
  // The form asked, too, who may sign up.
  await ann.screen.sees('An admin has signed you out.');
  expect(await ann.screen.has('link', 'Sign up')).toBe(false);
  await choiceIs(cleo, 'Everyone who opens this page');
  await first.close();
  await stage.serve({ DATA_DIR, PORT: String(first.port) });
  await choiceIs(cleo, 'Nobody');
  await admins.screen.sees('Disabled');
});

async function choiceIs({ screen }: Person, name: string): Promise<void> {
  await until(`the choice of "${name}"`, async () =>
    (await screen.find('radio', name)).evaluate((radio) => (radio as HTMLInputElement).checked),
  );
}

test('a member finds no way to the page, and nothing on it', async () => {
  const server = await stage.serve();
  await stage.person(server, 'cleo');
  const ben = await stage.person(server, 'ben');
  await ben.screen.click('button', 'Account');
  await ben.screen.find('button', 'Account settings');
  expect(await ben.screen.has('button', 'Administration')).toBe(false);
  await ben.open(`${server.url}/#/admin`);
  await ben.screen.sees('This page is for the admins of this server.');
});
