import { defineConfig } from 'vitest/config';

/** Failovers of real clusters: `npm run drill`. */
export default defineConfig({
  test: {
    include: ['test/drill/*.drill.ts'],
    env: { FAULT_ROWS: 'kept' },
    globalSetup: ['test/support/processes/bundle-packages.ts', 'test/support/proof/keep-rows.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
