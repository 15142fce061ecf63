import { setTimeout as sleep } from 'node:timers/promises';
import { type Measure, withProduct } from '../bench.ts';
import { cpuMs, residentMb } from '../process-use.ts';
import type { Side } from '../sides/side.ts';
import { paidRound } from './paid-round.ts';

const roles = ['api', 'worker'] as const;

/** What both processes have in memory with nothing to do, what CPU that takes, and what many orders leave behind in memory. */
export const atRest: Measure = {
  ids: ['memory', 'idle'],
  async run(bench) {
    const { orders, restSeconds } = bench.effort.isQuick
      ? { orders: 5_000, restSeconds: 15 }
      : { orders: 200_000, restSeconds: 30 };
    bench.say(`memory, idle: ${restSeconds} s of nothing, then ${orders} orders`);
    // What is started for the first time compiles all of it, and keeps what that needs.
    await withProduct(bench, {}, async () => {});
    const found = await withProduct(bench, {}, async (side) => {
      await sleep(restSeconds * 1_000);
      const before = used(side, cpuMs);
      const memory = used(side, residentMb);
      await sleep(restSeconds * 1_000);
      const percent = roles.map((role) => (used(side, cpuMs)[role] - before[role]) / (restSeconds * 10));
      await paidRound(bench, side, { most: orders, seconds: 3_600 });
      await sleep(restSeconds * 1_000);
      const later = used(side, residentMb);
      return { memory, percent, later };
    });
    const { memory, later } = found;
    const [api = Number.NaN, worker = Number.NaN] = found.percent;
    const growth = Math.max(...roles.map((role) => later[role] / memory[role]));
    bench.say(`  API ${memory.api.toFixed(0)} MB, worker ${memory.worker.toFixed(0)} MB, later ${growth.toFixed(2)} ×`);
    bench.say(`  API ${api.toFixed(1)} %, worker ${worker.toFixed(1)} % of a core`);
    return {
      goals: {
        memory: { api: { ours: [memory.api] }, worker: { ours: [memory.worker] }, growth: { ours: [growth] } },
        idle: { api: { ours: [api] }, worker: { ours: [worker] } },
      },
      rounds: [{ row: 'memory, idle', orders, ...found }],
    };
  },
};

function used({ pids }: Side, measure: (pid: number) => number): Record<(typeof roles)[number], number> {
  const sum = (some: readonly number[]) => some.reduce((total, pid) => total + measure(pid), 0);
  return { api: sum(pids.api), worker: sum(pids.worker) };
}
