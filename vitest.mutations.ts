import { defineConfig } from 'vitest/config';

/** What is noticed when a guard is taken out of the core: `npm run chaos -- --mutations`. */
export default defineConfig({
  test: {
    include: ['test/simulation/*.proof.ts'],
    env: { FAULT_ROWS: 'kept' },
    globalSetup: 'test/support/proof/keep-rows.ts',
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
  },
});
