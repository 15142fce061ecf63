import { z } from 'zod';

/** What a figure must be: of the ratio to the peer, or of our own measure. */
type Bound = Readonly<{ of: 'ratio' | 'ours'; kind: 'least' | 'most'; goal: number; floor: number; unit: string }>;
type Aim = Readonly<{ what: string; figures: Readonly<Record<string, Bound>> }>;

const least = (goal: number, floor: number): Bound => ({ of: 'ratio', kind: 'least', goal, floor, unit: '×' });
const most = (goal: number, floor: number): Bound => ({ of: 'ratio', kind: 'most', goal, floor, unit: '×' });
const ownMost = (goal: number, floor: number, unit = ''): Bound => ({ of: 'ours', kind: 'most', goal, floor, unit });
const ownLeast = (goal: number, floor: number, unit = ''): Bound => ({ of: 'ours', kind: 'least', goal, floor, unit });

/** Every row of the table, in its order: what is measured, what it should reach, and what it must never fall short of. */
const aims = {
  'paid-rate': { what: 'paid orders a second', figures: { rate: least(8, 4) } },
  'commits-per-order': {
    what: 'commits and statements an order',
    figures: { commits: ownMost(0.15, 0.4), statements: ownMost(0.5, 1) },
  },
  'cpu-per-order': { what: 'milliseconds of CPU a paid order', figures: { ms: most(1 / 7, 1 / 4) } },
  'accept-rate': { what: 'orders accepted a second, beside plain SQL', figures: { rate: least(2, 1.2) } },
  'cached-quote': {
    what: 'cached quotes a second, beside bare node:http and the peer',
    figures: { bare: least(0.75, 0.5), sync: least(10, 6), async: least(4.5, 3) },
  },
  'idle-latency': {
    what: 'milliseconds from POST to the paid event, at 50 a second',
    figures: { p50: most(1, 1.5), p99: most(1.5, 2.5) },
  },
  'busy-latency': {
    what: 'milliseconds from the answer to the paid event, p99, at 3 × the top rate of the peer',
    figures: { p99: most(0.15, 0.4) },
  },
  'stripe-path': { what: 'paid orders a second by Stripe, beside instant', figures: { rate: least(0.4, 0.25) } },
  herd: {
    what: 'calls for one quote that 10,000 want at once, and seconds until all have it',
    figures: { calls: ownMost(1, 1), seconds: most(1 / 5, 1 / 3) },
  },
  'sse-fanout': {
    what: '2,000 followers of 20 events a second: delivered, and milliseconds p99',
    figures: { delivered: ownLeast(1, 1), p99: ownMost(250, 1_000, 'ms') },
  },
  memory: {
    what: 'megabytes of API and worker idle, and growth after many orders',
    figures: { api: ownMost(150, 180, 'MB'), worker: ownMost(110, 140, 'MB'), growth: ownMost(1.5, 2, '×') },
  },
  idle: {
    what: 'percent of a core with nothing to do',
    figures: { api: ownMost(1, 2, '%'), worker: ownMost(1, 2, '%') },
  },
  start: { what: 'seconds from npm start, again, to ready', figures: { seconds: ownMost(5, 8, 's') } },
  'held-snapshot': { what: 'paid-rate beside a transaction that stays open', figures: { rate: least(0.9, 0.7) } },
  console: {
    what: 'the console with 10,000 orders, 500 products, 50,000 jobs: the slowest list, the longest task, growth in 10 minutes',
    figures: { answer: ownMost(200, 400, 'ms'), task: ownMost(100, 200, 'ms'), growth: ownMost(1.25, 1.5, '×') },
  },
  grow: { what: 'paid-rate with 2,000,000 orders stored, beside few', figures: { rate: least(0.85, 0.7) } },
} as const satisfies Readonly<Record<string, Aim>>;

/** A row of the table. */
export type AimId = keyof typeof aims;

/** Whether there is a row of that name. */
export function isAimId(name: string): name is AimId {
  return Object.hasOwn(aims, name);
}

/** The names of all rows, in their order. */
export const aimIds: readonly AimId[] = Object.keys(aims).filter(isAimId);

/** Of one figure, what each round measured; `peer` is whatever it is compared with. */
export type Series = Readonly<{ ours: readonly number[]; peer?: readonly number[] }>;

const Figures = z.union([z.number(), z.record(z.string(), z.number())]);
const Range = z.tuple([z.number(), z.number()]);
const orNotRun = <T extends z.ZodType>(schema: T) => z.union([schema, z.literal('not run')]);

/** A row with its figures; one figure stands by itself, several by their names. */
export const Goal = z.object({
  id: z.string(),
  ours: orNotRun(Figures),
  peer: orNotRun(Figures),
  ratio: orNotRun(Figures),
  /** The smallest and the largest of the rounds: of the ratio, or of ours where nothing is compared. */
  range: orNotRun(z.union([Range, z.record(z.string(), Range)])),
  goal: z.string(),
  /** Whether the goal is reached. */
  holds: orNotRun(z.boolean()),
});
export type Goal = z.output<typeof Goal>;

/** The row for what was measured; without anything, it says that it was not run. */
export function goalOf(id: AimId, measured: Readonly<Record<string, Series>> = {}): Goal {
  const bounds = Object.entries<Bound>(aims[id].figures);
  const goal = bounds.map(([name, bound]) => textOf(name, bound, bounds.length)).join('; ');
  const series = bounds.map(([name]) => measured[name]?.ours.length);
  if (series.some((count) => !count))
    return { id, ours: 'not run', peer: 'not run', ratio: 'not run', range: 'not run', goal, holds: 'not run' };
  const found = bounds.map(([name, bound]) => ({ name, bound, ...figureOf(measured[name] ?? { ours: [] }) }));
  const compared = found.filter(({ ratio }) => ratio !== undefined);
  const isCompared = compared.length > 0;
  // What is to be compared and could not be holds nothing.
  const isKnown = found.every(({ bound, ratio }) => bound.of === 'ours' || ratio !== undefined);
  return {
    id,
    ours: byName(found.map(({ name, ours }) => [name, ours])),
    peer: isCompared ? byName(compared.map(({ name, peer = 0 }) => [name, peer])) : 'not run',
    ratio: isCompared ? byName(compared.map(({ name, ratio = 0 }) => [name, ratio])) : 'not run',
    range: byName(found.map(({ name, range }) => [name, range])),
    goal,
    holds: isKnown ? found.every(({ bound, ...figure }) => isWithin(bound, figure, bound.goal)) : 'not run',
  };
}

/** Whether what was measured is not worse than what must never be; undefined where it was not measured. */
export function standsAbove(id: AimId, { ours, ratio, holds }: Goal): boolean | undefined {
  if (holds === 'not run') return undefined;
  const at = (figures: Goal['ours'], name: string) =>
    typeof figures === 'object' ? figures[name] : figures === 'not run' ? undefined : figures;
  return Object.entries<Bound>(aims[id].figures).every(([name, bound]) =>
    isWithin(bound, { ours: at(ours, name) ?? 0, ratio: at(ratio, name) }, bound.floor),
  );
}

/** The middle one. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[half - 1], sorted[half]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

function figureOf({ ours, peer }: Series) {
  const middle = median(ours);
  const other = peer && peer.length > 0 ? median(peer) : undefined;
  const each = other ? ours.map((one) => one / other) : ours;
  const range: [number, number] = [Math.min(...each), Math.max(...each)];
  return { ours: middle, range, peer: other, ratio: other ? middle / other : undefined };
}

type Found = Readonly<{ ours: number; ratio: number | undefined }>;

function isWithin({ of, kind }: Bound, { ours, ratio = 0 }: Found, limit: number): boolean {
  const value = of === 'ours' ? ours : ratio;
  return kind === 'least' ? value >= limit : value <= limit;
}

function textOf(name: string, { kind, goal, floor, unit }: Bound, count: number): string {
  const sign = kind === 'least' ? '≥' : '≤';
  const say = (value: number) => `${Number(value.toFixed(2))}${unit && ` ${unit}`}`;
  const worse = kind === 'least' ? 'never below' : 'never above';
  return `${count > 1 ? `${name} ` : ''}${sign} ${say(goal)} (${worse} ${say(floor)})`;
}

function byName<T>(entries: readonly (readonly [string, T])[]): T | Record<string, T> {
  const [first] = entries;
  return entries.length === 1 && first ? first[1] : Object.fromEntries(entries);
}
