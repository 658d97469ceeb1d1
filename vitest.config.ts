import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { svelte } from '@sveltejs/vite-plugin-svelte';

const MINUTE = 60_000;

/**
 * A project for each folder of test/. Those of a later group wait for the ones
 * before, because browsers and the network lab measure time and want the
 * machine for themselves; groups count from 1, because vitest puts group 0 last
 * where there is one core to spare. Nothing is tried twice: a test that fails now and
 * then has found something.
 */
function project(
  name: string,
  groupOrder: number,
  options: { timeout: number; parallel: boolean; atOnce?: number },
): TestProjectInlineConfiguration {
  return {
    // Client code in tests is compiled as for the browser build.
    plugins: [svelte({ configFile: false })],
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      environment: 'node',
      retry: 0,
      testTimeout: options.timeout,
      hookTimeout: options.timeout,
      fileParallelism: options.parallel,
      ...(options.atOnce !== undefined && { maxConcurrency: options.atOnce }),
      // Two files at once even on two cores: these tests wait more than they compute.
      ...(options.parallel && { maxWorkers: 2 }),
      sequence: { groupOrder },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('unit', 1, { timeout: 10_000, parallel: true }),
      project('integration', 2, { timeout: 30_000, parallel: true }),
      project('e2e', 3, { timeout: 2 * MINUTE, parallel: false }),
      // Cases of one file that say so run three at once: they mostly wait for answers that do not come.
      project('lab', 4, { timeout: 3 * MINUTE, parallel: false, atOnce: 3 }),
    ],
  },
});
