import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Effort, Found } from './bench.ts';
import { cellsOf } from './goal-cells.ts';
import { aimIds, type Goal, goalOf, isAimId, standsAbove } from './goals.ts';
import { pictureOf } from './picture.ts';

/** Where the results of the last run are. */
export const resultsFolder = join(import.meta.dirname, 'results');

type Versions = Readonly<Record<string, string>>;
type Run = Readonly<{ found: readonly Found[]; versions: Versions; effort: Effort }>;

/** Every row of the table, with what has been found of it. */
export function goalsOf(found: readonly Found[]): readonly Goal[] {
  const measured = found.reduce<Found['goals']>((all, { goals }) => ({ ...all, ...goals }), {});
  return aimIds.map((id) => goalOf(id, measured[id]));
}

/** Writes the table, every single measure, and the picture. */
export async function writeResults({ found, versions, effort }: Run, folder: string): Promise<void> {
  const goals = goalsOf(found);
  const machine = machineOf();
  const latest = { at: new Date().toISOString(), versions, machine, goals };
  const rounds = { at: latest.at, effort, rounds: found.flatMap((one) => one.rounds) };
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, 'latest.json'), `${JSON.stringify(latest, rounded, 2)}\n`),
    writeFile(join(folder, 'rounds.json'), `${JSON.stringify(rounds, rounded, 2)}\n`),
    writeFile(join(folder, 'latest.svg'), pictureOf(goals)),
  ]);
}

/** The table in plain text, and below it on what it was measured. */
export function tableOf(goals: readonly Goal[], versions: Versions): string {
  const rows = goals.map((goal) => {
    const { ours, peer, ratio, range } = cellsOf(goal);
    return [goal.id, ours, peer, ratio, range, goal.goal, verdict(goal)];
  });
  const all = [['goal', 'ours', 'peer', 'ratio', 'range', 'should be', ''], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const { cpu, cores, memoryGb } = machineOf();
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [...lines, '', [...named, `${cores} cores ${cpu}`.trim(), `${memoryGb} GB`].join(', ')].join('\n');
}

function machineOf() {
  return { cpu: cpus()[0]?.model ?? '', cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30) };
}

function verdict(goal: Goal): string {
  if (goal.holds === 'not run' || !isAimId(goal.id)) return 'not run';
  if (goal.holds) return 'holds';
  return standsAbove(goal.id, goal) ? 'short of the goal' : 'MISSED';
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
