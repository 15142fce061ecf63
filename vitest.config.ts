import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
  'guarantees/chaos-smoke',
  'guarantees/redis-outage',
  'guarantees/one-charge',
  'guarantees/budget-stress',
  'docs/commands',
  'guarantees/polling',
  'dashboard/ops-view',
  'guarantees/redis-emptied',
  'bin/killed',
  'fuzz/fuzz',
  'api/who-may',
  'orders/money-properties',
];
const placeOf = ({ moduleId }: TestSpecification) => {
  const place = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return place === -1 ? longest.length : place;
};

/** Begins with the files that take longest, so that none of them is waited for alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

/** Whose tests start processes of ours, a whole platform mostly: two files at once keep two cores busy without starving those. */
const platforms = ['bin', 'dashboard', 'docs', 'examples', 'guarantees', 'telemetry'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    pool: 'forks',
    // Files share what they import, not what they store: each has a database and a Redis db of its own.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'platforms', include: platforms, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        // Most of these wait for MySQL, Redis or a moment.
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: platforms,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
