import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { until } from '../support/until.ts';
import { talk } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();

interface WatchingWindow extends Window {
  /** In how many frames of the screen there was nothing to be seen of the other. */
  empty?: number;
}

/** Looks, from now on, whether there is a picture of the other, be it one that stands still. */
async function watchPicture({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const window = globalThis as unknown as WatchingWindow;
    window.empty = 0;
    const look = () => {
      const video = document.querySelector<HTMLVideoElement>('video[aria-label="Remote video"]');
      if (!video?.srcObject || video.classList.contains('hidden')) window.empty = (window.empty ?? 0) + 1;
      requestAnimationFrame(look);
    };
    look();
  });
}

const emptyFrames = ({ page }: Person): Promise<number | undefined> =>
  page.evaluate(() => (globalThis as unknown as WatchingWindow).empty);

test('a call goes on after the server was replaced, and everyone reads why it stopped', async () => {
  const DATA_DIR = await stage.folder();
  const first = await stage.serve({ DATA_DIR });
  const [ann, ben] = await stage.pair(first);
  const cleo = await stage.person(first, 'cleo');
  await talk(ann, ben, 'video');
  await Promise.all([ann, ben].map(watchPicture));

  await first.close();
  await cleo.screen.sees('The server is restarting.');
  await Promise.all([ann.screen.sees('Reconnecting…'), ben.screen.sees('Reconnecting…')]);
  await stage.serve({ DATA_DIR, PORT: String(first.port) });
  await Promise.all([ann.seesFrames(10), ben.seesFrames(10)]);
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
  expect(await Promise.all([ann, ben].map(emptyFrames))).toEqual([0, 0]);
  await cleo.seesPresence('ann', 'in a call');
  await until('the end of the notice', async () => !(await cleo.screen.shown()).includes('restarting'));
  await ben.end();
  expect(await ann.callEnded()).toContain('The call is over.');
});
