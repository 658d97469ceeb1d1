import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/support/paths.ts';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { useStage } from './stage.ts';

const stage = useStage();

/** Makes the next version of the built client: what has its hash in its name has another one, and is referred to by that. */
async function nextClient(folder: string): Promise<string> {
  const next = join(folder, 'client');
  await cp(join(ROOT, 'dist', 'client'), next, { recursive: true });
  const assets = join(next, 'assets');
  const names = (await readdir(assets)).filter((name) => !/\.(br|gz)$/.test(name));
  for (const file of await readdir(next, { recursive: true })) {
    if (/\.(br|gz)$/.test(file)) await rm(join(next, file));
    if (!/\.(html|js|css)$/.test(file)) continue;
    const text = await readFile(join(next, file), 'utf8');
    await writeFile(
      join(next, file),
      names.reduce((all, name) => all.replaceAll(name, `next-${name}`), text),
    );
  }
  for (const name of names) await rename(join(assets, name), join(assets, `next-${name}`));
  return next;
}

test('a page from before an upgrade takes a call, and opens what it had not loaded', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR });
  // Ben has opened no conversation: nothing of calls is there.
  const ann = await stage.person(first, 'ann');
  const ben = await stage.person(first, 'ben');
  const cleo = await stage.person(first, 'cleo');
  const people = [ann, ben, cleo];
  await first.close();
  for (const { screen } of people) await screen.sees('The server is restarting.');
  await stage.serve(
    { DATA_DIR, PORT: String(first.port) },
    { clientFolder: await nextClient(await stage.folder()) },
  );
  for (const { name, screen } of people)
    await until(`${name} to be back`, async () => !(await screen.shown()).includes('The server'));

  await isLoadedAnew(ann, () => ann.openConversation('ben'));
  await ann.screen.find('log', 'Messages');
  await ann.call('video');
  await isLoadedAnew(ben, () => ben.screen.click('button', 'Answer'));
  await ben.inCall();
  await Promise.all([ann, ben].flatMap((one) => [one.seesFrames(10), one.hearsSound()]));
  await ben.end();
  expect(await ann.callEnded()).toContain('The call is over.');

  await isLoadedAnew(cleo, () => cleo.openSettings());
  await cleo.screen.find('heading', 'Account');
});

/** Does something that the page of before cannot, and waits for the page of after. */
async function isLoadedAnew({ name, page }: Person, by: () => Promise<void>): Promise<void> {
  await page.evaluate(() => Object.assign(window, { isFromBefore: true }));
  // The page may go while this still looks at it.
  await by().catch(() => undefined);
  await until(
    `${name}'s page to be another`,
    async () => !(await page.evaluate(() => 'isFromBefore' in window)),
  );
}
