import type { EntityManager } from '@mikro-orm/mysql';
import type { JobContext } from '../../context.ts';
import { z } from 'zod';
import { Order } from '../../entities/orders.entity.ts';
import { GatewayCall } from '../../entities/payments.entity.ts';
import { cancelOrder } from '../../orders/cancel-order.ts';
import { livePaymentOf, lockKnownOrder, type PaymentRow } from '../../orders/order.ts';
import { cancelPayment } from '../payments/cancel-payment.job.ts';
import { defineJob } from '../define-job.ts';
import { upkeep } from '../queues.ts';
import { tenantOfUser } from '../shares.ts';

const batch = 200;
// Once a day is seldom enough for people to read what the dead letters say.
const longestWaitMs = 86_400_000;

/**
 * Cancels orders that have waited for their buyer too long and gives their stock back. Where the gateway waits for the
 * buyer too, it is asked to stop waiting first. Twice is harmless: each order is looked at again under its lock.
 */
export const expireOrders = defineJob(
  {
    kind: 'expire-orders',
    summary: 'Cancel orders whose buyer has not paid in time, and free their stock.',
    queue: upkeep,
    payload: z.object({}),
    result: z.object({ cancelled: z.int(), asked: z.int() }),
    attempts: 3,
    backoffMs: 1_000,
    timeoutMs: 60_000,
    everyMs: 5_000,
  },
  async ({ signal }, { em, transaction, now, payments: { expiryMs, gateways } }: JobContext) => {
    const before = new Date(now().getTime() - expiryMs);
    const count = { cancelled: 0, asked: 0 };
    for await (const id of waiting(em, before)) {
      signal.throwIfAborted();
      const done = await transaction(async (tx, after) => {
        const order = await lockKnownOrder(tx, id);
        if (!order.waitingSince || order.waitingSince >= before) return undefined;
        const payment = await livePaymentOf(tx, id);
        if (payment?.status === 'requires_action') {
          // Whose gateway cannot be spoken to waits on: its buyer may still pay there.
          if (!gateways.all.some(({ name }) => name === payment.gateway)) return undefined;
          const payload = { order_id: id, payment_id: payment.id, gateway: payment.gateway };
          if (await isAskedLately(tx, payment, order.waitingSince, now())) return undefined;
          after.enqueue(cancelPayment, payload, tenantOfUser(order.user));
          return 'asked';
        }
        // Never while a charge may be under way: its end decides what becomes of the order.
        if (payment) return undefined;
        await cancelOrder(tx, after, { order, reason: 'expired', at: now() });
        return 'cancelled';
      });
      if (done) count[done] += 1;
    }
    return count;
  },
);

/**
 * Whether the gateway has been asked in vain to end it not long ago: a job that has given up is a dead letter, and another like it
 * comes the later the longer all of this takes.
 */
async function isAskedLately(
  tx: EntityManager,
  { id, order }: PaymentRow,
  waitingSince: Date,
  at: Date,
): Promise<boolean> {
  const asked = { order, subjectId: id, operation: 'cancel' as const };
  const last = await tx.findOne(GatewayCall, asked, { orderBy: { id: 'desc' }, disableIdentityMap: true });
  if (!last) return false;
  const waitMs = Math.min((at.getTime() - waitingSince.getTime()) / 2, longestWaitMs);
  return at.getTime() - last.startedAt.getTime() < waitMs;
}

/** All that have waited since before then, the longest first; those that cannot expire yet keep nobody from being looked at. */
async function* waiting(em: EntityManager, before: Date): AsyncGenerator<string> {
  const order = em.getMetadata(Order).tableName;
  const sql = `select id, waiting_since as waitingSince from ${order}
    where waiting_since < ? and (waiting_since, id) > (?, ?) order by waiting_since, id limit ${batch}`;
  let last: Readonly<{ id: string; waitingSince: Date | string }> | undefined = { id: '', waitingSince: new Date(0) };
  while (last) {
    const some: (typeof last)[] = await em.execute(sql, [before, last.waitingSince, last.id]);
    for (const { id } of some) yield id;
    last = some.length < batch ? undefined : some.at(-1);
  }
}
