import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import type axe from 'axe-core';
import { expect, test } from 'vitest';
import { operatorDoor } from '../support/admin.ts';
import type { Person } from '../support/person.ts';
import type { TestServer } from '../support/server.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const WIDTHS = [360, 1440];
const SCHEMES = ['light', 'dark'];

test('axe-core finds nothing on the way into the service, in any look', async () => {
  const server = await stage.serve();
  const ann = await stage.visitor(server, 'ann');
  const findings = new Findings();

  await findings.look('sign in', ann);
  await ann.screen.fill('Username', 'ann');
  await ann.screen.fill('Password', 'a wrong one');
  await ann.screen.click('button', 'Sign in');
  await ann.screen.sees('The username or password is not right.');
  await findings.look('sign in, refused', ann);

  await ann.screen.click('link', 'Sign up');
  await ann.screen.find('button', 'Sign up');
  await findings.look('sign up', ann);
  await ann.screen.click('button', 'Sign up');
  await ann.screen.sees('Please fill this in.');
  await findings.look('sign up, refused', ann);

  await ann.screen.click('link', 'Sign in');
  await ann.screen.find('button', 'Sign in');
  await ann.signUp();
  await ann.screen.sees('Nobody else is here yet.');
  await findings.look('people, nobody', ann);
  await ann.openSettings();
  await ann.screen.find('list', 'Where you are signed in');
  await findings.look('account', ann);
  await ann.screen.click('button', 'Change password');
  await ann.screen.sees('Please fill this in.');
  await findings.look('account, refused', ann);
  findings.none();
});

test('axe-core finds nothing in chat and call, in any look', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const findings = new Findings();
  await ann.screen.find('log', 'Messages');
  await ben.screen.find('log', 'Messages');
  await ben.write('Shall we talk? The plan is at https://example.org/plan');
  await ann.reads('Shall we talk?');
  await ann.write('Yes, now.');
  await ben.reads('Yes, now.');
  await findings.look('conversation', ann);
  await ann.goBack();
  await findings.look('people', ann);
  await ann.openConversation('ben');

  await ann.call('video');
  await ben.rings();
  await ann.screen.sees('Ringing…');
  await Promise.all([findings.look('outgoing', ann), findings.look('incoming', ben)]);
  const cleo = await stage.person(server, 'cleo');
  await cleo.openConversation('ben');
  await cleo.call('voice');
  await ben.screen.sees('cleo is calling, too');
  await findings.look('incoming, two', ben);
  await cleo.cancel();
  await ben.screen.gone('button', 'Answer cleo');

  await ben.answer();
  await Promise.all([ann.seesFrames(10), ben.seesFrames(10)]);
  await ben.mute();
  await ben.turnCameraOff();
  await ann.screen.sees('ben is muted');
  await Promise.all([findings.look('call, without picture', ann), findings.look('call, with picture', ben)]);

  await ann.end();
  await ben.callEnded();
  await findings.look('ended', ann);
  findings.none();
});

test('axe-core finds nothing where admins work, nor with someone who is gone, in any look', async () => {
  const server = await stage.serve();
  const [ann, ben] = await stage.pair(server);
  const findings = new Findings();
  await ben.write('First.');
  await ben.write('Second.');
  await ann.reads('Second.');
  await ann.screen.click('button', 'More');
  await ann.screen.find('button', 'Report ben');
  await findings.look('conversation, menu', ann);
  await ann.screen.click('button', 'More');
  await ann.openReport('ben');
  await ann.chooseToReport('Second.');
  await ann.screen.fill('Note to the admins (optional)', 'A note.');
  await ann.screen.click('checkbox', 'Block ben as well');
  await findings.look('report', ann);
  await ann.screen.click('button', 'Send report');
  await ann.screen.sees('You have blocked ben.');

  await ann.openAdmin('Reports 1 open report');
  await ann.screen.find('list', 'Reports');
  await findings.look('reports', ann);
  await ann.openAdmin('People');
  await ann.screen.find('list', 'Accounts');
  await findings.look('accounts', ann);
  await ann.screen.click('button', 'Actions for ben');
  await findings.look('actions', ann);
  await ann.screen.click('button', 'Disable');
  await findings.look('confirmation', ann);
  await ann.screen.click('button', 'Cancel');
  await ann.screen.click('button', 'Add account');
  await ann.screen.find('textbox', 'Username');
  await findings.look('new account', ann);
  await ann.screen.click('button', 'Cancel');
  await ann.screen.click('button', 'Actions for ben');
  await ann.screen.click('button', 'Sessions');
  await ann.screen.find('button', 'End all sessions');
  await findings.look('sessions', ann);
  await ann.screen.click('button', 'Done');

  await ann.openAdmin('Registration');
  await ann.screen.click('radio', 'People with an invitation');
  await ann.screen.click('button', 'Create invitation');
  await ann.screen.find('button', 'Copy');
  await findings.look('invitation', ann);
  await ann.screen.click('button', 'Done');
  await ann.screen.find('list', 'Invitations');
  await findings.look('registration', ann);

  await ben.page.goto('about:blank');
  await ann.openAdmin('People');
  await ann.administer('ben', 'Disable');
  await ann.screen.sees('ben is disabled.');
  await findings.look('accounts, one disabled', ann);
  await ann.openAdmin('Audit log');
  await ann.screen.find('list', 'What admins have done');
  await findings.look('audit log', ann);
  await ann.open(`${server.url}/#/people/${await idOf(server, 'ben')}`);
  await ann.screen.sees('The account of ben is disabled.');
  await findings.look('conversation, gone', ann);

  const cleo = await stage.visitor(server, 'cleo');
  await cleo.screen.click('link', 'Sign up');
  await cleo.screen.find('heading', 'You need an invitation');
  await findings.look('uninvited', cleo);
  findings.none();
});

const idOf = async ({ dataDir }: TestServer, name: string) =>
  (await operatorDoor(dataDir).ask('findAccount', { name })).account.id;

/** What axe-core found, with the screen and the look in which it did. */
class Findings {
  readonly #list: string[] = [];
  #looks = 0;

  /** Looks at what is shown in all widths and schemes. */
  async look(screen: string, { page, name }: Person): Promise<void> {
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 800 });
      for (const scheme of SCHEMES) {
        await page.emulateMediaFeatures([
          { name: 'prefers-reduced-motion', value: 'reduce' },
          { name: 'prefers-color-scheme', value: scheme },
        ]);
        await page.evaluate(settle);
        const found = await violationsOf(page);
        this.#looks += 1;
        this.#list.push(...found.map((one) => `${screen} (${name}, ${width} px, ${scheme}): ${one}`));
      }
    }
    await page.setViewport(null);
  }

  none(): void {
    expect(this.#looks).toBeGreaterThan(0);
    expect(this.#list).toEqual([]);
  }
}

/** To run in a page: a colour on its way to another is not looked at. */
async function settle(): Promise<void> {
  const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await drawn();
  await drawn();
  const changes = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
  await Promise.allSettled(changes.map(({ finished }) => finished));
}

async function violationsOf(page: Page): Promise<string[]> {
  // As the developer tools do: the page's own content security policy does not apply to it.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      resultTypes: ['violations'],
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary ?? ''}`),
    );
  });
}
