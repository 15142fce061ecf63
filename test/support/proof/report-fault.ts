import { renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import type { z } from 'zod';
import { faultPages } from '../../../docs/generate/fault-pages.ts';
import { FaultRow, readRows, rowsFile, withRow } from '../../../docs/generate/fault-rows.ts';

/**
 * Keeps what a fault has done, in the place of what it did last time, and writes it into the pages that tell it. A run says so before it
 * judges, so that what went wrong is told too.
 */
export function reportFault(found: Omit<z.input<typeof FaultRow>, 'at' | 'load'>): void {
  // In `npm test` some of them run with fewer orders.
  if (process.env['FAULT_ROWS'] !== 'kept') return;
  const [load = 0] = loadavg();
  const row = FaultRow.parse({
    ...found,
    at: new Date().toISOString(),
    load: Math.round((load / availableParallelism()) * 10) / 10,
  });
  const rows = withRow(readRows(), row);
  write(rowsFile, `${JSON.stringify(rows, undefined, 2)}\n`);
  for (const [file, text] of faultPages(rows)) write(file, text);
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

/** Whole, or not at all. */
function write(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
