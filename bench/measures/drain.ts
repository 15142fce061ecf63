import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../load/plan.ts';
import type { Side, Tally } from '../sides/side.ts';

const patienceMs = 240_000;

/** What was accepted was not paid exactly once: such a round says nothing about speed. */
export class Miscounted extends Error {
  override name = 'Miscounted';
}

/** Waits until every order that was accepted is announced as paid; answers when that was, ms since the epoch. */
export async function drained(side: Side, since: number, accepted: number): Promise<number> {
  const latest = performance.now() + patienceMs;
  while (performance.now() < latest) {
    const { added, anOrder } = await side.entries();
    if (added - since >= accepted * anOrder) return performance.timeOrigin + performance.now();
    await sleep(20);
  }
  throw new Miscounted(`${side.name} has not paid ${accepted} orders within ${patienceMs / 1_000} s`);
}

/** @throws Miscounted unless there is one order, one charge and one event for every answer that said 'accepted'. */
export function expectExact(
  { name }: Pick<Side, 'name'>,
  before: Tally,
  after: Tally,
  { good, answers }: Pick<Report, 'good' | 'answers'>,
): void {
  const seen = {
    orders: after.orders - before.orders,
    paid: after.paid - before.paid,
    charged: after.charged - before.charged,
    announced: after.announced - before.announced,
  };
  if (Object.values(seen).some((count) => count !== good) || Object.values(answers).reduce((a, b) => a + b, 0) !== good)
    throw new Miscounted(`${name}: ${JSON.stringify({ accepted: good, answers, ...seen })}`);
}
