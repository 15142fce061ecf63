import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { faultPages, faultTable } from '../../../docs/generate/fault-pages.ts';
import { FaultRow, readRows, rowsFile, withRow } from '../../../docs/generate/fault-rows.ts';
import { reportedFile } from './report-fault.ts';

/** Keeps what the run has reported, writes it into the pages that tell it, and prints it, when everything that was to be run has been. */
export function teardown(): void {
  const rows = reported().reduce(withRow, readRows());
  write(rowsFile, `${JSON.stringify(rows, undefined, 2)}\n`);
  for (const [file, text] of faultPages(rows)) write(file, text);
  rmSync(reportedFile, { force: true });
  process.stdout.write(`\n${faultTable(rows)}\n`);
}

/** Also by a run before, which did not come to its end. */
function reported(): readonly FaultRow[] {
  if (!existsSync(reportedFile)) return [];
  const lines = readFileSync(reportedFile, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => FaultRow.parse(JSON.parse(line)));
}

/** Whole, or not at all. */
function write(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
