import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { cellsOf } from '../../bench/goal-cells.ts';
import { Goal } from '../../bench/goals.ts';
import { type Figures, filled, withFigures } from './filled-page.ts';
import { markdownTable } from './markdown-table.ts';

const tablePage = 'docs/performance.md';
const sizingPage = 'docs/operating.md';

const Latest = z.object({
  at: z.iso.datetime(),
  versions: z.object({ mysql: z.string(), redis: z.string(), node: z.string(), peer: z.string() }),
  machine: z.object({ cpu: z.string(), cores: z.number(), memoryGb: z.number() }),
  goals: z.array(Goal),
});
const Rounds = z.object({
  effort: z.object({ rounds: z.number(), seconds: z.number(), isQuick: z.boolean() }),
  rounds: z.array(z.unknown()),
});
/** A round of paid-rate; those of other rows are of other shapes. */
const Paid = z.object({
  side: z.literal('Orderflow'),
  residentMb: z.object({ api: z.number(), worker: z.number() }),
});

/** What the last bench has left: its rows, and every single measure. */
export type BenchResults = Readonly<{ latest: z.output<typeof Latest>; rounds: z.output<typeof Rounds> }>;

function readResults(): BenchResults {
  const read = (name: string): unknown => JSON.parse(readFileSync(`bench/results/${name}`, 'utf8'));
  return { latest: Latest.parse(read('latest.json')), rounds: Rounds.parse(read('rounds.json')) };
}

/** The pages that tell what has been measured, with the figures of the last bench in their places. */
export function benchPages(results = readResults()): readonly (readonly [file: string, text: string])[] {
  return [
    [tablePage, filled(readFileSync(tablePage, 'utf8'), 'bench', benchTable(results))],
    [sizingPage, withFigures(readFileSync(sizingPage, 'utf8'), benchFigures(results))],
  ];
}

/** On what it was measured, and each row that was. */
export function benchTable({ latest, rounds }: BenchResults): string {
  const { at, versions, machine, goals } = latest;
  const { effort } = rounds;
  const run = `Of ${at.slice(0, 10)}: ${effort.rounds} rounds of ${effort.seconds} s${effort.isQuick ? ' (`--quick`)' : ''}`;
  const place = `${machine.cores} cores, ${machine.cpu}, ${machine.memoryGb} GB`;
  const servers = `${versions.mysql}, Redis ${versions.redis}, Node ${versions.node}, peer ${versions.peer}`;
  const measured = goals.filter(({ ours }) => ours !== 'not run');
  const rows = measured.map((goal) => {
    const { ours, peer, ratio, range } = cellsOf(goal);
    const compared = [peer, ratio].map((text) => (text === 'not run' ? '–' : text));
    return [`\`${goal.id}\``, ours, ...compared, range, `${goal.goal}${goal.holds === true ? ' **holds**' : ''}`];
  });
  const head = ['row', 'Orderflow', 'beside it', 'ratio', 'range', 'goal'];
  return `${run} on ${place}; ${servers}.\n\n${markdownTable(head, rows)}`;
}

/** What the page about sizes tells: orders a second, and megabytes. */
export function benchFigures({ latest, rounds }: BenchResults): Figures {
  const ours = (id: string, name?: string) => {
    const figures = latest.goals.find((goal) => goal.id === id)?.ours;
    if (typeof figures === 'number') return whole(figures);
    return typeof figures === 'object' && name !== undefined ? whole(figures[name]) : undefined;
  };
  const paid = rounds.rounds.flatMap((round) => Paid.safeParse(round).data ?? []);
  const most = (role: 'api' | 'worker') =>
    paid.length === 0 ? undefined : whole(Math.max(...paid.map(({ residentMb }) => residentMb[role])));
  return {
    'paid.rate': ours('paid-rate'),
    'stripe.rate': ours('stripe-path'),
    'accept.rate': ours('accept-rate'),
    'idle.api': ours('memory', 'api'),
    'idle.worker': ours('memory', 'worker'),
    'load.api': most('api'),
    'load.worker': most('worker'),
  };
}

const whole = (value: number | undefined) => (value === undefined ? undefined : Math.round(value).toLocaleString('en'));
