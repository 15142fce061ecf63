import { defineConfig } from 'vitest/config';

/** The main flows on every kind of server that can be had: `npm run test:servers`. */
export default defineConfig({
  test: {
    include: ['test/servers/*.servers.ts', 'test/engines/*.test.ts', 'test/guarantees/main-flow.test.ts'],
    globalSetup: 'test/support/processes/bundle-packages.ts',
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
