import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openTelling, type Sum } from './tell.ts';

/**
 * Runs histories: `--histories N` by chance from `--seed S` on, of `--scenario NAME` or of all; or, with `--each-fault`, one for
 * each fault at each step, or at each `--stride`th, of a history in which nothing else goes wrong. `--parts N` has as many
 * processes tell them, each its own; `--trace` has each step said.
 * `--record` tells all that the doubles said in one without faults, as a line of JSON. Ends with 1 when something must not be.
 */
const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string', default: '1' },
    histories: { type: 'string', default: '300' },
    'each-fault': { type: 'boolean', default: false },
    stride: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    parts: { type: 'string', default: '1' },
    part: { type: 'string' },
  },
});
const Told = z.object({ scenario: z.string(), histories: z.number(), steps: z.number(), cpuSeconds: z.number() });
const parts = Number(values.parts);
const isPart = values.part !== undefined;
const say = (line: string) => void process.stdout.write(`${line}\n`);
const sums = new Map<string, Sum>();
const beganAtMs = performance.now();

if (parts > 1 && !isPart) {
  const codes = await Promise.all(Array.from({ length: parts }, (_, part) => ofPart(part)));
  const total = [...sums.values()].reduce((sum, { histories }) => sum + histories, 0);
  for (const sum of sums.values()) say(textOf(sum));
  const seconds = (performance.now() - beganAtMs) / 1e3;
  say(`${total} histories in ${seconds.toFixed(0)} s, ${Math.round((total / seconds) * 60)} a minute`);
  process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
} else {
  const telling = await openTelling(say);
  const wanted = {
    scenario: values.scenario,
    seed: Number(values.seed),
    histories: Number(values.histories),
    isEachFault: values['each-fault'],
    stride: Number(values.stride),
    isTraced: values.trace,
    part: Number(values.part ?? 0),
    parts,
  };
  if (values.record) await telling.record(wanted.seed);
  else if (!(await telling.tellAll(wanted, (sum) => (isPart ? process.send?.(sum) : say(textOf(sum))))))
    process.exitCode = 1;
  if (isPart) process.disconnect();
}

/** Has another process tell its part, and adds up what it has told. */
function ofPart(part: number): Promise<number | null> {
  const child = fork(import.meta.filename, [...process.argv.slice(2), '--part', String(part)]);
  child.on('message', (told) => add(Told.parse(told)));
  return new Promise((ended) => child.once('exit', ended));
}

function add(sum: Sum): void {
  const known = sums.get(sum.scenario) ?? { histories: 0, steps: 0, cpuSeconds: 0 };
  sums.set(sum.scenario, {
    scenario: sum.scenario,
    histories: known.histories + sum.histories,
    steps: known.steps + sum.steps,
    cpuSeconds: known.cpuSeconds + sum.cpuSeconds,
  });
}

function textOf({ scenario, histories, steps, cpuSeconds }: Sum): string {
  const each = (steps / histories).toFixed(0);
  const rate = Math.round((histories / cpuSeconds) * 60);
  return `${scenario}: ${histories} histories of ${each} steps, ${rate} a CPU-minute, ${cpuSeconds.toFixed(1)} CPU s`;
}
