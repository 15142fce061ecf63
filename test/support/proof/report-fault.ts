import { appendFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import type { z } from 'zod';
import { FaultRow } from '../../../docs/generate/fault-rows.ts';

/** A row a line, until the run's end: files run beside one another. */
export const reportedFile = 'test/chaos/results/reported.jsonl';

/** Tells what a fault has done. A run says so before it judges, so that what went wrong is told too. */
export function reportFault(found: Omit<z.input<typeof FaultRow>, 'at' | 'load'>): void {
  // In `npm test` some of them run with fewer orders.
  if (process.env['FAULT_ROWS'] !== 'kept') return;
  const [load = 0] = loadavg();
  const row = FaultRow.parse({
    ...found,
    at: new Date().toISOString(),
    load: Math.round((load / availableParallelism()) * 10) / 10,
  });
  const line = `${JSON.stringify(row)}\n`;
  appendFileSync(reportedFile, line);
  process.stdout.write(line);
}
