import type { EntityManager } from '@mikro-orm/mysql';
import type { JobContext } from '../context.ts';
import { OutboxMessage } from '../entities/outbox-message.entity.ts';
import { Payment } from '../entities/payment.entity.ts';
import { Refund } from '../entities/refund.entity.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { chargeOrder } from './charge-order.job.ts';
import { payments as queue } from './queues.ts';
import { refundPayment } from './refund-payment.job.ts';

const batch = 200;
const mostBatches = 50;
const soonestMs = 10_000;
const latestMs = 300_000;

type Due = Readonly<{ id: string; order: string; jobId: string; createdAt: Date }>;

/** What is looked after, payments or refunds. */
export type Charge = 'payments' | 'refunds';

/**
 * Reviews up to ten thousand payments or refunds that are due, the longest due first: one whose job is neither in Redis nor
 * on its way there gets a new one. The next review comes later the older it is. Two reviews at once are harmless.
 */
export async function reviewDue(ctx: JobContext, what: Charge, signal: AbortSignal) {
  const count = { reviewed: 0, revived: 0 };
  const until = ctx.now();
  for (let turn = 0; turn < mostBatches; turn += 1) {
    signal.throwIfAborted();
    const due = await findDue(ctx.em, what, until);
    const live = await liveJobs(ctx, due);
    count.reviewed += due.length;
    count.revived += await ctx.transaction(async (tx, after) => {
      let revived = 0;
      for (const row of due) {
        const isLive = live.has(row.jobId);
        const jobId = isLive ? row.jobId : ask(after, what, row);
        await schedule(tx, what, row, { jobId, reviewAt: nextReview(row.createdAt, ctx.now()) });
        if (!isLive) revived += 1;
      }
      return revived;
    });
    if (due.length < batch) break;
  }
  return count;
}

/** Makes everything that is not over due at once. */
export async function makeAllDue(em: EntityManager, at: Date): Promise<void> {
  const later = { reviewAt: { $gt: at } };
  await em.nativeUpdate(Payment, later, { reviewAt: at });
  await em.nativeUpdate(Refund, later, { reviewAt: at });
}

async function findDue(em: EntityManager, what: Charge, until: Date): Promise<Due[]> {
  const where = { reviewAt: { $lte: until } };
  const options = { orderBy: { reviewAt: 'asc' }, limit: batch, disableIdentityMap: true } as const;
  return what === 'payments' ? em.find(Payment, where, options) : em.find(Refund, where, options);
}

function ask(after: AfterCommit, what: Charge, { order: order_id, id }: Due): string {
  return what === 'payments'
    ? after.enqueue(chargeOrder, { order_id, payment_id: id })
    : after.enqueue(refundPayment, { order_id, refund_id: id });
}

// What has been settled meanwhile is due no more, and stays so.
async function schedule(
  tx: EntityManager,
  what: Charge,
  { id, jobId }: Due,
  next: Readonly<{ jobId: string; reviewAt: Date }>,
): Promise<void> {
  const where = { id, jobId, reviewAt: { $ne: null } };
  if (what === 'payments') await tx.nativeUpdate(Payment, where, next);
  else await tx.nativeUpdate(Refund, where, next);
}

/** The jobs that Redis holds unfinished, or that wait in the outbox. */
async function liveJobs({ em, findLive }: JobContext, due: readonly Due[]): Promise<ReadonlySet<string>> {
  const ids = due.map(({ jobId }) => jobId);
  if (ids.length === 0) return new Set();
  // First MySQL: what it holds no more has been sent, so Redis holds it.
  const unsent = await em.find(OutboxMessage, { id: { $in: ids } }, { fields: ['id'], disableIdentityMap: true });
  return new Set([...unsent.map(({ id }) => id), ...(await findLive(queue.name, ids))]);
}

function nextReview(createdAt: Date, at: Date): Date {
  const halfAgeMs = (at.getTime() - createdAt.getTime()) / 2;
  return new Date(at.getTime() + Math.min(Math.max(halfAgeMs, soonestMs), latestMs));
}
