import { readFileSync } from 'node:fs';
import { counted, faultFigures, faultSum, seconds } from './fault-figures.ts';
import { type FaultRow, readRows } from './fault-rows.ts';
import { filled, withFigures } from './filled-page.ts';
import { markdownTable } from './markdown-table.ts';

const tablePage = 'docs/guarantees.md';
const storiesPage = 'docs/failures.md';
const comparingPage = 'docs/beside-others.md';

/** The pages that tell what faults have done, with the figures of the last run in their places. */
export function faultPages(rows = readRows()): readonly (readonly [file: string, text: string])[] {
  const figures = faultFigures(rows);
  return [
    [tablePage, withFigures(filled(readFileSync(tablePage, 'utf8'), 'faults', faultTable(rows)), figures)],
    [storiesPage, withStories(readFileSync(storiesPage, 'utf8'), rows)],
    [comparingPage, withFigures(readFileSync(comparingPage, 'utf8'), figures)],
  ];
}

const head = [
  'Fault',
  'What is done',
  'Times',
  'Orders',
  'Lost',
  'Doubled',
  'Stuck',
  'Slowest recovery',
  'Rate after ÷ before',
  'Run by',
];

/** All that has been run as a table, below it what that comes to, and what has not been run, each with its reason. */
export function faultTable(rows: readonly FaultRow[]): string {
  const table = markdownTable(
    head,
    rows
      .filter(({ notRun }) => notRun === undefined)
      .map((row) => [
        `[${row.fault}](failures.md#${row.fault.toLowerCase()})`,
        row.title,
        ...[row.times, row.orders, row.lost, row.doubled, row.stuck].map(counted),
        row.slowestRecoverySeconds === null ? '' : seconds(row.slowestRecoverySeconds),
        row.rateAfterOverBefore?.toFixed(2) ?? '',
        `\`${row.how}\`, ${seedOf(row)}`,
      ]),
  );
  const others = rows.flatMap(({ fault, title, notRun }) =>
    notRun ? [`* ${fault}, ${title}: not run, ${notRun}.`] : [],
  );
  return [table, '', faultSum(rows), ...(others.length > 0 ? ['', ...others] : [])].join('\n');
}

/** Each fault's figures below its story. @throws when a row's fault has no story */
function withStories(page: string, rows: readonly FaultRow[]): string {
  const told = [...page.matchAll(/^<!-- ([DFS]\d+) -->$/gm)].flatMap(([, fault]) => fault ?? []);
  const untold = rows.find(({ fault }) => !told.includes(fault));
  if (untold) throw new Error(`${storiesPage} does not tell of ${untold.fault}; write what happens then`);
  return told.reduce((text, fault) => {
    const lines = rows.filter((row) => row.fault === fault).map(figuresOf);
    return filled(text, fault, lines.length > 0 ? lines.join('\n') : '* Not run.');
  }, page);
}

function figuresOf(row: FaultRow): string {
  if (row.notRun) return `* ${row.title}: not run, ${row.notRun}.`;
  const counts = [
    `${counted(row.times)} times`,
    `${counted(row.orders)} orders`,
    `${row.lost} lost`,
    `${row.doubled} doubled`,
    `${row.stuck} stuck`,
    ...(row.slowestRecoverySeconds === null
      ? []
      : [`well again after ${seconds(row.slowestRecoverySeconds)} at the latest`]),
    ...(row.rateAfterOverBefore === null ? [] : [`rate after ÷ before ${row.rateAfterOverBefore.toFixed(2)}`]),
  ];
  const run = [row.at.slice(0, 10), `\`${row.how}\``, seedOf(row)];
  return `* ${row.title}: ${counts.join(', ')} (${run.join(', ')}, load a core ${row.load.toFixed(1)}).`;
}

const seedOf = ({ seed }: FaultRow) => (seed === 'no chance' ? 'nothing by chance' : `seed ${seed}`);
