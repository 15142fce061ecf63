import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Effort, Found } from './bench.ts';
import { aimIds, type Goal, goalOf, isAimId, standsAbove } from './goals.ts';
import { pictureOf } from './picture.ts';

/** Where the results of the last run are. */
export const resultsFolder = join(import.meta.dirname, 'results');

type Run = Readonly<{ found: readonly Found[]; versions: Readonly<Record<string, string>>; effort: Effort }>;

/** Every row of the table, with what has been found of it. */
export function goalsOf(found: readonly Found[]): readonly Goal[] {
  const measured = found.reduce<Found['goals']>((all, { goals }) => ({ ...all, ...goals }), {});
  return aimIds.map((id) => goalOf(id, measured[id]));
}

/** Writes the table, every single measure, and the picture. */
export async function writeResults({ found, versions, effort }: Run, folder: string): Promise<void> {
  const goals = goalsOf(found);
  const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30) };
  const latest = { at: new Date().toISOString(), versions, machine, goals };
  const rounds = { at: latest.at, effort, rounds: found.flatMap((one) => one.rounds) };
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, 'latest.json'), `${JSON.stringify(latest, rounded, 2)}\n`),
    writeFile(join(folder, 'rounds.json'), `${JSON.stringify(rounds, rounded, 2)}\n`),
    writeFile(join(folder, 'latest.svg'), pictureOf(goals)),
  ]);
}

/** The table in plain text. */
export function tableOf(goals: readonly Goal[]): string {
  const rows = goals.map((goal) => [
    goal.id,
    say(goal.ours),
    say(goal.peer),
    say(goal.ratio),
    goal.goal,
    verdict(goal),
  ]);
  const all = [['goal', 'ours', 'peer', 'ratio', 'should be', ''], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function verdict(goal: Goal): string {
  if (goal.holds === 'not run' || !isAimId(goal.id)) return 'not run';
  if (goal.holds) return 'holds';
  return standsAbove(goal.id, goal) ? 'short of the goal' : 'MISSED';
}

function say(figures: Goal['ours']): string {
  if (typeof figures === 'string') return figures;
  const short = (value: number) => String(Number(value.toPrecision(3)));
  if (typeof figures === 'number') return short(figures);
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${short(value)}`)
    .join(' ');
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
