import { defineConfig } from 'vitest/config';

/** The proofs that take too long for `npm test`: `npm run chaos`. */
export default defineConfig({
  test: {
    include: [
      'test/chaos/**/*.chaos.ts',
      'test/guarantees/{gateway-outage,hostile-upstream,polling,redis-emptied,redis-outage,webhooks}.test.ts',
      'test/fuzz/fuzz.test.ts',
    ],
    env: {
      FAULT_ROWS: 'kept',
      FUZZ_CASES: '400',
      OUTAGE_ORDERS: '300',
      OUTAGE_TRIES: '30',
      ORDERS_PENDING: '1000',
      REBUILT_WITHIN_MS: '15000',
      ANSWERED_WITHIN_MS: '2000',
      RESTLESS_WORKERS: '5',
      POLL_LAG_MS: '450',
      WEBHOOK_EVENTS: '10000',
      WEBHOOKS_WITHIN_MS: '540000',
    },
    globalSetup: ['test/support/processes/bundle-packages.ts', 'test/support/proof/print-table.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
