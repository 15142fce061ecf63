import { defineConfig } from 'vitest/config';
import { longestFirst } from './test/support/processes/longest-first.ts';

/** What measures, or has to happen in time. Nothing runs beside it. */
const measuring = [
  'test/chaos/{bench,looks-faults,looks,one-symbol,restarts,rolling}.chaos.ts',
  'test/guarantees/{polling,redis-emptied,redis-outage}.test.ts',
];
/** Loads that are the same for minutes, and what waits for the next minute's budget: two of them leave each other room. */
const steady = ['test/chaos/{budget,soak,workers}.chaos.ts'];
/** What waits much of its time, until a fault has lasted. */
const waiting = [
  'test/chaos/**/*.chaos.ts',
  'test/guarantees/{gateway-outage,hostile-upstream,webhooks}.test.ts',
  'test/fuzz/fuzz.test.ts',
];
const longest = [
  'chaos/kills',
  'chaos/ticks',
  'guarantees/webhooks',
  'chaos/outages',
  'chaos/gateway-lies',
  'fuzz/fuzz',
  'chaos/fairness',
  'chaos/alerts',
  'faults/slow-network',
  'chaos/simulation',
  // Beside the budget, which asks for little, what is to show that more processes do more.
  'chaos/budget',
  'chaos/workers',
  'chaos/soak',
];

/** The proofs that take too long for `npm test`: `npm run chaos`. */
export default defineConfig({
  test: {
    env: {
      FAULT_ROWS: 'kept',
      FUZZ_CASES: '100',
      OUTAGE_ORDERS: '300',
      OUTAGE_TRIES: '30',
      ORDERS_PENDING: '1000',
      REBUILT_WITHIN_MS: '15000',
      ANSWERED_WITHIN_MS: '2000',
      RESTLESS_WORKERS: '5',
      POLL_LAG_MS: '450',
      WEBHOOK_EVENTS: '10000',
      WEBHOOKS_WITHIN_MS: '1100000',
    },
    globalSetup: ['test/support/processes/bundle-packages.ts', 'test/support/proof/keep-rows.ts'],
    pool: 'forks',
    testTimeout: 1_200_000,
    hookTimeout: 120_000,
    sequence: { sequencer: longestFirst(longest) },
    projects: [
      {
        extends: true,
        test: {
          name: 'waiting',
          include: waiting,
          exclude: [...measuring, ...steady],
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'steady', include: steady, maxWorkers: 2, sequence: { groupOrder: 1 } } },
      { extends: true, test: { name: 'measuring', include: measuring, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
