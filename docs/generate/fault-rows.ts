import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What the last run of a fault has shown; one that was not run says why, and has no figures. */
export const FaultRow = z.strictObject({
  /** A fault of docs/failures.md, or a scenario or drill there. */
  fault: z.string().regex(/^[DFS]\d+$/),
  title: z.string().min(1),
  times: z.int().nonnegative().default(0),
  orders: z.int().nonnegative().default(0),
  lost: z.int().nonnegative().default(0),
  doubled: z.int().nonnegative().default(0),
  /** Not over 30 s after the last fault. */
  stuck: z.int().nonnegative().default(0),
  slowestRecoverySeconds: z.number().nullable().default(null),
  rateAfterOverBefore: z.number().nullable().default(null),
  /** By which the same is done again; what leaves nothing to chance needs none. */
  seed: z.union([z.int(), z.literal('no chance')]),
  /** The file that runs it. */
  how: z.string().min(1),
  at: z.iso.datetime(),
  /** How many processes ran or waited to run, a core of the machine, over the last minute of the run. */
  load: z.number().nonnegative(),
  notRun: z.string().min(1).optional(),
});
export type FaultRow = z.output<typeof FaultRow>;

/** Where `npm run chaos` keeps its rows. */
export const rowsFile = 'test/chaos/results/faults.json';

/** The rows of all faults that have been run, or that say why not, in the order of their numbers. */
export function readRows(): readonly FaultRow[] {
  return z.array(FaultRow).parse(JSON.parse(readFileSync(rowsFile, 'utf8')));
}

/** The rows with one more, in the place of an older one of the same fault by the same file: a title may tell figures of its run. */
export function withRow(rows: readonly FaultRow[], row: FaultRow): readonly FaultRow[] {
  const others = rows.filter(({ fault, how }) => fault !== row.fault || how !== row.how);
  return [...others, row].toSorted((a, b) => placeOf(a) - placeOf(b) || a.title.localeCompare(b.title, 'en'));
}

/** Faults first, then scenarios, then drills, each by number. */
function placeOf({ fault }: FaultRow): number {
  return Number(fault.slice(1)) + 1_000 * 'FSD'.indexOf(fault.charAt(0));
}
