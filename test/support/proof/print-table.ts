import { faultTable } from '../../../docs/generate/fault-pages.ts';
import { readRows } from '../../../docs/generate/fault-rows.ts';

/** Prints what all faults have done, when everything that was to be run has been. */
export function teardown(): void {
  process.stdout.write(`\n${faultTable(readRows())}\n`);
}
