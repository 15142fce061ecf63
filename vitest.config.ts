import { defineConfig } from 'vitest/config';
import { filesAtOnce } from './test/support/processes/files-at-once.ts';
import { longestFirst } from './test/support/processes/longest-first.ts';

const longest = [
  'guarantees/chaos-smoke',
  // Nothing in these has to happen in time, beside the chaos.
  'fuzz/fuzz',
  'docs/commands',
  // A browser takes much of the machine: those of these do not all begin at once.
  'dashboard/console-shop',
  'api/callers/who-may',
  'payments/money-properties',
  'docs/add-a-job',
  'dashboard/console-account',
  // By then it is over.
  'guarantees/redis-outage',
  'guarantees/every-route',
  'dashboard/ops-view',
  'dashboard/console-staff',
  'bin/demo/demo',
  'dashboard/live-page',
  'guarantees/ticks',
  'bin/start/killed',
  'dashboard/ops-figures',
  'guarantees/budget-stress',
  'guarantees/webhooks',
  'doctor/diagnose',
  'payments/every-currency',
  'clients/cli',
  'process/shutdown',
  'entities/orm-options',
  'examples/one-idea',
  'docs/add-a-gateway',
  'guarantees/one-charge',
  'guarantees/polling',
  'guarantees/idle',
  'engines/mysql-reading',
  'engines/mysql-servers',
  'ops/metrics',
  'dashboard/nothing-missed',
];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/processes/bundle-packages.ts',
    setupFiles: ['test/support/stores/hold-statements.ts'],
    pool: 'forks',
    // Files share what they import, not what they store: each has a database and a Redis db of its own.
    isolate: false,
    maxWorkers: filesAtOnce(),
    sequence: { sequencer: longestFirst(longest) },
    testTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    hookTimeout: 300_000,
  },
});
