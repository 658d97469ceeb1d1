import type { CallKind, Person } from '../support/person.ts';
import { until } from '../support/until.ts';

/** Both are in a call that one of them began, and media flows both ways. */
export async function talk(caller: Person, callee: Person, kind: CallKind): Promise<void> {
  await caller.call(kind);
  await callee.answer();
  await caller.inCall();
  await Promise.all(
    [caller, callee].map((one) => (kind === 'video' ? one.seesFrames(10) : one.hearsSound())),
  );
}

/** Waits until this page has neither an open device nor a connection left. */
export async function darkAndSilent(person: Person): Promise<void> {
  await until(`the devices of ${person.name} to be off`, async () => {
    const { camerasOn, microphonesOn, connections } = await person.media();
    return camerasOn === 0 && microphonesOn === 0 && connections === 0;
  });
}

/** The names of the pictures that are shown. */
export async function videosOf({ page }: Person): Promise<string[]> {
  const names = ['Remote video', 'Your video'];
  // Browsers disagree about a video's role.
  const found = await Promise.all(names.map(async (name) => (await page.$$(`::-p-aria(${name})`)).length));
  return names.filter((_, index) => found[index] === 1);
}
