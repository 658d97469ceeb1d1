import { afterAll, beforeAll, describe, TestRunner } from 'vitest';
import { removeLeftovers } from './cleaning.ts';

const isRoot = process.getuid?.() === 0;

/**
 * Describes cases that need the lab. Without root there can be none, and that is said; as root nothing of it may be
 * skipped: a case that is fails the run, because a network that nobody tries breaks unseen.
 */
export function describeLab(name: string, cases: () => void): void {
  if (!isRoot) {
    console.warn(`Skipped: "${name}". The network lab makes network namespaces, which only root may do.`);
    describe.skip(name, cases);
    return;
  }
  describe(name, () => {
    beforeAll(() => removeLeftovers());
    cases();
    // Now, before vitest leaves out those that the command line did not ask for.
    refuse(TestRunner.getCurrentSuite().tasks.filter(({ mode }) => mode === 'skip' || mode === 'todo'));
    // eslint-disable-next-line no-empty-pattern -- vitest reads this pattern to see which fixtures are wanted
    afterAll(({}, suite) => refuse(suite.tasks.filter(({ result }) => result?.state === 'skip')));
  });
}

function refuse(skipped: readonly { readonly name: string }[]): void {
  if (skipped.length === 0) return;
  throw new Error(`skipped as root: ${skipped.map(({ name }) => `"${name}"`).join(', ')}`);
}
