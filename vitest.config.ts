import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Files share what they import, not what they store: each has a database and a Redis db of its own.
    isolate: false,
    // Most tests wait for processes of their own; three at once keep two cores busy without starving those.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
