import { RateLimited } from '../../src/errors.ts';
import { openBudget } from '../../src/gateways/finnhub/budget.ts';
import type { Lane } from '../../src/jobs/queues.ts';
import type { History, Living, Scenario } from './history.ts';
import { exchange } from './jobs.ts';
import { pause } from './orders.ts';

const plan = { perWindow: 6, windowMs: 3_000, perSecond: 4 };
const lanes: readonly Lane[] = ['logged_in', 'refresh'];
const actingMs = 5_000;

/** Moments at which something has happened to what the budget remembers. */
type Mishaps = { readonly deaths: number[]; readonly emptyings: number[] };

/** Processes call a provider as often as their common plan lets them, and faster never. */
export const budget: Scenario = {
  name: 'budget',
  // A call is held to arrive soon after it was let go: neither a jump of time nor a freeze comes in between.
  faults: ['crash', 'crash_after', 'lost', 'lost_after', 'redis_emptied'],
  begin(history) {
    const { servers, time } = history;
    const arrivals: number[] = [];
    const mishaps: Mishaps = { deaths: [], emptyings: [] };
    let [emptied, after] = [0, Number.POSITIVE_INFINITY];
    return {
      run(living) {
        void living.died.then(() => mishaps.deaths.push(time.elapsedMs));
        spend(history, living, arrivals);
      },
      async act() {
        await pause(actingMs);
        after = time.elapsedMs;
      },
      watch() {
        if (servers.keyspace.emptyings > emptied) mishaps.emptyings.push(time.elapsedMs);
        emptied = servers.keyspace.emptyings;
      },
      // Whatever has gone wrong, calls go on.
      isOver: () => arrivals.filter((ms) => ms > after).length >= 2,
      leftovers: () => ['no calls are made any more'],
      violations: () => [
        ...excesses(arrivals, plan.windowMs, plan.perWindow, mishaps),
        ...excesses(arrivals, 1_000, plan.perSecond, mishaps),
      ],
    };
  },
};

function spend(history: History, { process, platform }: Living, arrivals: number[]): void {
  const options = { ...plan, key: 'key', lookEveryMs: 500, isBackground: (lane: Lane) => lane === 'refresh' };
  const budgetOfPlan = openBudget(platform.redis, options);
  const call = () =>
    exchange({ process, simulation: history.simulation }, { to: 'endpoint', what: 'call the provider' }, () => {
      arrivals.push(history.time.elapsedMs);
      const used = arrivals.filter((ms) => ms > history.time.elapsedMs - plan.windowMs).length;
      return { limit: plan.perWindow, remaining: Math.max(0, plan.perWindow - used) };
    });
  const once = async (lane: Lane) => {
    const grant = await budgetOfPlan.take(lane);
    if (!(await budgetOfPlan.isGood(grant))) return;
    const answer = await call().catch(() => 'silent' as const);
    await budgetOfPlan.hear(grant, answer);
  };
  for (const lane of lanes) void repeat(() => once(lane));
}

async function repeat(once: () => Promise<void>): Promise<never> {
  for (;;) await once().catch((error: unknown) => pause(error instanceof RateLimited ? Math.max(1, error.waitMs) : 50));
}

/** Spans of time in which more has arrived than may; one more is let pass where both Redis and a process were lost around it. */
function excesses(
  arrivals: readonly number[],
  ms: number,
  most: number,
  { deaths, emptyings }: Mishaps,
): readonly string[] {
  const isNear = (one: number, other: number) => Math.abs(one - other) <= plan.windowMs;
  return arrivals.flatMap((from) => {
    const count = arrivals.filter((at) => at >= from && at < from + ms).length;
    const isNearby = (at: number) => at > from - plan.windowMs && at < from + ms;
    const losses = emptyings.filter((at) => isNearby(at) && deaths.some((death) => isNear(death, at))).length;
    return count > most + losses ? [`${count} calls within ${ms} ms from ${from} ms on, of ${most}`] : [];
  });
}
