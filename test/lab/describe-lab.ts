import { afterAll, beforeAll, describe } from 'vitest';
import { removeLeftovers } from './cleaning.ts';

const isRoot = process.getuid?.() === 0;

/**
 * Describes cases that need the lab. Without root there can be none, and that is said; as root nothing of it may be
 * skipped: a case that is fails the run, because a network that nobody tries breaks unseen.
 */
export function describeLab(name: string, cases: () => void): void {
  if (!isRoot) {
    console.warn(`Skipped: "${name}". The network lab makes network namespaces, which only root may do.`);
  }
  describe.skipIf(!isRoot)(name, () => {
    beforeAll(() => removeLeftovers());
    cases();
    // eslint-disable-next-line no-empty-pattern -- vitest reads this pattern to see which fixtures are wanted
    afterAll(({}, suite) => {
      const skipped = suite.tasks.filter(({ mode }) => mode === 'skip' || mode === 'todo');
      if (skipped.length > 0) {
        throw new Error(`skipped as root: ${skipped.map((task) => `"${task.name}"`).join(', ')}`);
      }
    });
  });
}
