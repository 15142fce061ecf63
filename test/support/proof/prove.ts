import { expect } from 'vitest';
import { relative } from 'node:path';
import type { Chaos } from '../load/chaos.ts';
import { patienceMs, until } from '../processes/process.ts';
import { collectEvidence } from './collect-evidence.ts';
import type { Evidence } from './evidence.ts';
import { judge } from './invariants.ts';
import { reportFault } from './report-fault.ts';

/** By what everything is to be over once no fault is left. */
const settleMs = 30_000;
/** What is found to be lost, what to be doubled, and what stands still; anything else ends the run in red, too. */
const kinds = { lost: ['I1', 'I3'], doubled: ['I2', 'I5'], stuck: ['I6', 'I9'] };

/** That all ends by itself once nothing disturbs it: a row of the whole run. */
const liveness = 'F34';

/** What a run has come to: what is to be judged, and how long after the last fault all of it was over. */
export type Outcome = Readonly<{ evidence: Evidence; settledSeconds: number; stuck: readonly string[] }>;

/**
 * Waits until nothing is under way any more, without touching anything, and collects what there is to judge by. What is not over after
 * thirty seconds is stuck; it is waited for all the same, to know what becomes of it.
 */
export async function settle({ deployment, lastFaultMs }: Chaos, held: Evidence['held'] = []): Promise<Outcome> {
  const open = `select id from orders where status = 'pending'
    union all select id from outbox_messages union all select id from event_log where position is null
    union all select event_id from webhook_deliveries where state in ('waiting', 'retrying')`;
  let stuck: string[] | undefined;
  const over = async () => {
    const left = (await deployment.rows(open).catch(() => undefined))?.map(({ id }) => String(id));
    if (!left) return undefined;
    if (Date.now() - lastFaultMs > settleMs) stuck ??= left;
    return left.length === 0 || undefined;
  };
  await until('all is over', over, patienceMs).catch(() => {});
  const settledSeconds = (Date.now() - lastFaultMs) / 1_000;
  // What is committed may still be on its way to streams and receivers.
  const evidence = await until('all is told', async () => {
    const found = await collectEvidence(deployment, lastFaultMs, held);
    const isTold = judge(found).every(({ invariant }) => invariant !== 'I8');
    return isTold || Date.now() - lastFaultMs > patienceMs ? found : undefined;
  });
  return { evidence, settledSeconds, stuck: stuck ?? [] };
}

/** What is said of a fault beside what is counted: by default it is the faults of the run that bear its number. */
export type Told = Readonly<{
  fault: string;
  title: string;
  times?: number;
  slowestRecoverySeconds?: number;
  rateAfterOverBefore?: number;
}>;

/** Reports a row for each fault that was struck, and holds all invariants against the run. */
export function prove(
  chaos: Chaos,
  { evidence, settledSeconds, stuck }: Outcome,
  file: string,
  told: readonly Told[],
): void {
  const faults = judge(evidence);
  const firstAsked = new Map<string, number>();
  const keyOf = new Map(evidence.keys.map(({ key, order }) => [order, key]));
  for (const { key, askedMs } of evidence.asked) firstAsked.set(key, Math.min(askedMs, firstAsked.get(key) ?? askedMs));
  const struckAt = (atMs: number) => chaos.struck.findLast(({ beganMs }) => beganMs <= atMs) ?? chaos.struck[0];
  const faultOf = (order: string) => struckAt(firstAsked.get(keyOf.get(order) ?? '') ?? 0)?.fault;
  for (const { fault, title, ...measured } of told) {
    const own = chaos.struck.filter((one) => one.fault === fault);
    if (own.length === 0 && fault !== liveness) continue;
    // Whose an order is that nobody knows, all answer for.
    const isOwn = (order: string | null | undefined) => !order || own.length === 0 || faultOf(order) === fault;
    const count = (names: readonly string[]) =>
      faults.filter(({ invariant, order }) => names.includes(invariant) && isOwn(order)).length;
    const all = [...firstAsked.values()];
    reportFault({
      fault,
      title,
      times: own.length || 1,
      orders: own.length === 0 ? all.length : all.filter((atMs) => struckAt(atMs)?.fault === fault).length,
      lost: count(kinds.lost),
      doubled: count(kinds.doubled),
      stuck: Math.max(count(kinds.stuck), stuck.filter((id) => isOwn(keyOf.has(id) ? id : null)).length),
      slowestRecoverySeconds:
        own.length === 0 ? settledSeconds : Math.max(...own.map(({ wellAfterMs }) => wellAfterMs)) / 1_000,
      seed: chaos.seed,
      how: relative(process.cwd(), file),
      ...measured,
    });
  }
  // Ten tell as much as thousands.
  expect(faults.slice(0, 10)).toEqual([]);
  expect(chaos.deployment.buyers.complaints.slice(0, 10)).toEqual([]);
  expect(stuck).toEqual([]);
}
