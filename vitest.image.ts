import { defineConfig } from 'vitest/config';

/** The image, built and run for real: `npm run test:image`. */
export default defineConfig({
  test: {
    include: ['test/image/*.image.ts'],
    globalSetup: 'test/support/processes/bundle-packages.ts',
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 1_200_000,
  },
});
