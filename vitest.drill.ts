import { defineConfig } from 'vitest/config';

/** Failovers of real clusters: `npm run drill`. */
export default defineConfig({
  test: {
    include: ['test/drill/*.drill.ts'],
    globalSetup: 'test/support/processes/bundle-packages.ts',
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
