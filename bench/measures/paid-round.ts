import type { Bench } from '../bench.ts';
import { makeLoad } from '../load/make-load.ts';
import type { Plan } from '../load/plan.ts';
import { cpuMs, residentMb } from '../process-use.ts';
import type { Side } from '../sides/side.ts';
import { drained, expectExact } from './drain.ts';

/** One side's orders in one round, until the last of them was paid. */
export type PaidRound = Readonly<{
  side: string;
  accepted: number;
  acceptedPerSecond: number;
  paidPerSecond: number;
  commits: number;
  statements: number;
  /** An order. */
  cpuMs: Readonly<Record<'api' | 'worker' | 'mysql' | 'redis' | 'all', number>>;
  answerMs: Readonly<{ p50: number; p99: number }>;
  residentMb: Readonly<Record<'api' | 'worker', number>>;
}>;

/** Warms a side up, then has as many orders placed as it takes, and counts what it has cost to pay every one. */
export async function paidRound(bench: Bench, side: Side, more: Partial<Plan> = {}): Promise<PaidRound> {
  const { seconds, warmSeconds } = bench.effort;
  await load(side, { seconds: warmSeconds });
  const before = { counters: await bench.stores.counters(), cpu: cpuOf(bench, side) };
  const { report, paidAt } = await load(side, { seconds, ...more });
  const after = { counters: await bench.stores.counters(), cpu: cpuOf(bench, side) };
  const accepted = report.good;
  const perOrder = (later: number, sooner: number) => (later - sooner) / accepted;
  const cpu = (role: keyof typeof before.cpu) => perOrder(after.cpu[role], before.cpu[role]);
  const each = { api: cpu('api'), worker: cpu('worker'), mysql: cpu('mysql'), redis: cpu('redis') };
  const round = {
    side: side.name,
    accepted,
    acceptedPerSecond: accepted / ((report.endedAt - report.beganAt) / 1_000),
    paidPerSecond: accepted / ((paidAt - report.beganAt) / 1_000),
    commits: perOrder(after.counters.commits, before.counters.commits),
    statements: perOrder(after.counters.statements, before.counters.statements),
    cpuMs: { ...each, all: each.api + each.worker + each.mysql + each.redis },
    answerMs: report.answerMs,
    residentMb: { api: residents(side.pids.api), worker: residents(side.pids.worker) },
  };
  bench.say(
    `  ${side.name}: ${round.paidPerSecond.toFixed(0)} paid/s, ${round.cpuMs.all.toFixed(2)} ms of CPU an order`,
  );
  return round;
}

/** One load and its drain; every order is counted at the end. */
async function load(side: Side, more: Partial<Plan> & { seconds: number }) {
  const [before, { added }] = [await side.tally(), await side.entries()];
  const report = await makeLoad({ urls: [...side.urls], ask: side.order, connections: 128, ...more });
  const paidAt = await drained(side, added, report.good);
  expectExact(side, before, await side.tally(), report);
  return { report, paidAt };
}

function cpuOf({ servers }: Bench, { pids }: Side) {
  const sum = (some: readonly number[]) => some.reduce((total, pid) => total + cpuMs(pid), 0);
  const [mysql, redis] = [cpuMs(servers.BENCH_MYSQL_PID), cpuMs(servers.BENCH_REDIS_PID)];
  return { api: sum(pids.api), worker: sum(pids.worker), mysql, redis };
}

function residents(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + residentMb(pid), 0);
}
