import { defineConfig } from 'vitest/config';

const MINUTE = 60_000;

/** What "npm run image -- --test" runs: it needs an image, which takes minutes to build, so it is no project of npm test. */
export default defineConfig({
  test: {
    name: 'image',
    include: ['test/image/**/*.test.ts'],
    environment: 'node',
    retry: 0,
    testTimeout: 2 * MINUTE,
    hookTimeout: 5 * MINUTE,
  },
});
