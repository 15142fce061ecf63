import { defineConfig } from 'vitest/config';

/** The tests of `npm run check`: those that read the source and need no server. */
export default defineConfig({ test: { include: ['test/architecture.test.ts'], pool: 'forks' } });
