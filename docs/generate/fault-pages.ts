import { readFileSync } from 'node:fs';
import { type FaultRow, readRows } from './fault-rows.ts';
import { markdownTable } from './markdown-table.ts';

const tablePage = 'docs/guarantees.md';
const storiesPage = 'docs/failures.md';

/** The pages that tell what faults have done, with the figures of the last run in their places. */
export function faultPages(rows = readRows()): readonly (readonly [file: string, text: string])[] {
  return [
    [tablePage, filled(readFileSync(tablePage, 'utf8'), 'faults', faultTable(rows))],
    [storiesPage, withFigures(readFileSync(storiesPage, 'utf8'), rows)],
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

/** All that has been run as a table, and below it what has not, each with its reason. */
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
        `\`${row.how}\``,
      ]),
  );
  const others = rows.flatMap(({ fault, title, notRun }) =>
    notRun ? [`* ${fault}, ${title}: not run, ${notRun}.`] : [],
  );
  return [table, ...(others.length > 0 ? ['', ...others] : [])].join('\n');
}

/** Each fault's figures below its story. @throws when a row's fault has no story */
function withFigures(page: string, rows: readonly FaultRow[]): string {
  const told = [...page.matchAll(/^<!-- ([FS]\d+) -->$/gm)].flatMap(([, fault]) => fault ?? []);
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
  const run = [row.at.slice(0, 10), `\`${row.how}\``, ...(row.seed === null ? [] : [`seed ${row.seed}`])];
  return `* ${row.title}: ${counts.join(', ')} (${run.join(', ')}, load a core ${row.load.toFixed(1)}).`;
}

const counted = (count: number) => count.toLocaleString('en');
const seconds = (count: number) => `${count.toFixed(1)} s`;

/** The page with other text between two of its comments. @throws when they are not there */
function filled(page: string, name: string, text: string): string {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(page)) throw new Error(`no <!-- ${name} --> … <!-- /${name} --> in the page`);
  return page.replace(place, (_all, begin: string, end: string) => `${begin}\n${text}\n\n${end}`);
}
