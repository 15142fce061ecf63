import { type EntityManager, LockMode, raw } from '@mikro-orm/mysql';
import type { JobContext } from '../../context.ts';
import { OutboxMessage } from '../../entities/outbox.entity.ts';
import { Payment, Refund } from '../../entities/payments.entity.ts';
import type { AfterCommit } from '../../outbox/after-commit.ts';
import { notNull, updateEach } from '../../mysql/rows.ts';
import { chargeOrder } from './charge-order.job.ts';
import { payments as paymentsQueue, upkeep as queue } from '../queues.ts';
import { refundPayment } from './refund-payment.job.ts';
import { tenantOfUser } from '../shares.ts';
import { z } from 'zod';
import { defineJob } from '../define-job.ts';

const batch = 200;
const mostBatches = 50;
const soonestMs = 10_000;
const latestMs = 300_000;

type Due = Readonly<{ id: string; order: string; jobId: string; createdAt: Date; user?: number }>;

/** What is looked after, payments or refunds. */
export type Reviewed = 'payments' | 'refunds';

/**
 * Reviews up to ten thousand payments or refunds that are due, the longest due first: one whose job is neither in Redis nor
 * on its way there gets a new one, where its gateway can be spoken to; the others wait. The next review comes later the
 * older it is. Two reviews at once share the work.
 */
async function reviewDue(ctx: JobContext, what: Reviewed, signal: AbortSignal) {
  const count = { reviewed: 0, revived: 0 };
  const until = ctx.now();
  for (let turn = 0; turn < mostBatches; turn += 1) {
    signal.throwIfAborted();
    const due = await findDue(ctx, what, until);
    if (due.length === 0) break;
    const live = await liveJobs(ctx, due);
    // One short transaction: whoever charges waits for these rows. A review beside this one, as after the loss of Redis,
    // waits too, and then finds nothing due: it would give each of them a second job.
    const reviewed = await ctx.transaction(async (tx, after) => {
      const mine = await stillDue(tx, what, due, until);
      const next = mine.map((row) => ({
        id: row.id,
        set: {
          jobId: live.has(row.jobId) ? row.jobId : ask(after, what, row),
          reviewAt: nextReview(row.createdAt, ctx.now()),
        },
      }));
      await schedule(tx, what, next);
      return mine;
    });
    count.reviewed += reviewed.length;
    count.revived += reviewed.filter(({ jobId }) => !live.has(jobId)).length;
  }
  return count;
}

/** Makes everything that is not over due at once. */
async function makeAllDue(em: EntityManager, at: Date): Promise<void> {
  const later = { reviewAt: { $gt: at } };
  await em.nativeUpdate(Payment, later, { reviewAt: at });
  await em.nativeUpdate(Refund, later, { reviewAt: at });
}

async function findDue({ em, payments: { gateways } }: JobContext, what: Reviewed, until: Date): Promise<Due[]> {
  const reviewAt = { $lte: until };
  const names = gateways.all.map(({ name }) => name);
  const options = { orderBy: { reviewAt: 'asc' }, limit: batch, disableIdentityMap: true } as const;
  return what === 'payments'
    ? em.find(Payment, { reviewAt, gateway: { $in: names } }, options)
    : em.find(Refund, { reviewAt, [ofGateways(names)]: [] }, options);
}

function ofGateways(names: readonly string[]) {
  return raw((refund) => `${refund}.payment_id in (select id from payments where gateway in (?))`, [names]);
}

/** Those of them that nobody has reviewed or settled meanwhile, locked. */
async function stillDue(tx: EntityManager, what: Reviewed, due: readonly Due[], until: Date): Promise<Due[]> {
  const where = { id: { $in: due.map(({ id }) => id) }, reviewAt: { $lte: until } };
  const lockMode = LockMode.PESSIMISTIC_WRITE;
  const options = { orderBy: { id: 'asc' }, lockMode, disableIdentityMap: true } as const;
  return what === 'payments' ? tx.find(Payment, where, options) : tx.find(Refund, where, options);
}

function ask(after: AfterCommit, what: Reviewed, { order: order_id, id, user }: Due): string {
  return what === 'payments'
    ? after.enqueue(chargeOrder, { order_id, payment_id: id }, user === undefined ? undefined : tenantOfUser(user))
    : after.enqueue(refundPayment, { order_id, refund_id: id });
}

type Next = Readonly<{ id: string; set: Readonly<{ jobId: string; reviewAt: Date }> }>;

// What has been settled meanwhile is due no more, and stays so.
async function schedule(tx: EntityManager, what: Reviewed, next: readonly Next[]): Promise<void> {
  if (what === 'payments') await updateEach(tx, Payment, next, { reviewAt: notNull });
  else await updateEach(tx, Refund, next, { reviewAt: notNull });
}

/** The jobs that Redis holds unfinished, or that wait in the outbox. */
async function liveJobs({ em, jobs: { findLive } }: JobContext, due: readonly Due[]): Promise<ReadonlySet<string>> {
  const ids = due.map(({ jobId }) => jobId);
  if (ids.length === 0) return new Set();
  // First MySQL: what it holds no more has been sent, so Redis holds it.
  const unsent = await em.find(OutboxMessage, { id: { $in: ids } }, { fields: ['id'], disableIdentityMap: true });
  return new Set([...unsent.map(({ id }) => id), ...(await findLive(paymentsQueue.name, ids))]);
}

function nextReview(createdAt: Date, at: Date): Date {
  const halfAgeMs = (at.getTime() - createdAt.getTime()) / 2;
  return new Date(at.getTime() + Math.min(Math.max(halfAgeMs, soonestMs), latestMs));
}

/**
 * Looks after payments and refunds that are not over: those without a live job get one. BullMQ's word on a job decides
 * nothing here, and a job too many charges nothing, because every one carries the same key.
 */
export const reconcile = defineJob(
  {
    kind: 'reconcile',
    summary: 'Give a new job to payments and refunds that are not over and whose job is gone.',
    queue,
    payload: z.object({ is_everything_due: z.boolean().default(false) }),
    result: z.object({ reviewed: z.int(), revived: z.int() }),
    attempts: 3,
    backoffMs: 500,
    timeoutMs: 60_000,
    everyMs: 5_000,
    coalesceBy: ({ is_everything_due }) => (is_everything_due ? 'everything' : 'due'),
  },
  async ({ payload: { is_everything_due }, signal }, ctx: JobContext) => {
    // Redis has been lost: no job is known to be there, whenever it was last seen.
    if (is_everything_due) await ctx.transaction((tx) => makeAllDue(tx, ctx.now()));
    const payments = await reviewDue(ctx, 'payments', signal);
    const refunds = await reviewDue(ctx, 'refunds', signal);
    const revived = payments.revived + refunds.revived;
    if (revived > 0) ctx.log.info({ revived }, 'reconcile: jobs that were gone are queued again');
    return { reviewed: payments.reviewed + refunds.reviewed, revived };
  },
);
