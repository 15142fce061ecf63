import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { decimalsOf, toMajor, toMinor } from '../money/money.ts';
import { Refund } from '../entities/payments.entity.ts';
import { Problem } from '../errors.ts';
import type { PaymentGateways } from '../gateways/payments/payment-gateway.ts';
import { tenantOfUser } from '../jobs/shares.ts';
import { paymentJobs } from './jobs.ts';
import { livePaymentOf, lockOrder, type OrderRow, type PaymentRow } from '../orders/order.ts';
import { writeHistory } from '../orders/transitions.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { refuseUntakeable } from '../orders/takeable.ts';

const firstReviewMs = 5_000;

type Asked = Readonly<{
  id: string;
  amount: number | undefined;
  reason: string | undefined;
  gateways: PaymentGateways;
  at: Date;
}>;

/**
 * Asks for a refund and returns its id: its row, with the key that every call for it will carry, and the job that does it. What has
 * been asked for counts at once, so that refunds asked for together never exceed what was paid.
 * @throws Problem not_found, order_closed, invalid, refund_too_large or amount_not_chargeable.
 */
export async function refundOrder(
  tx: EntityManager,
  after: AfterCommit,
  { id: named, amount, reason, gateways, at }: Asked,
): Promise<string> {
  const order = await lockOrder(tx, named);
  if (!order) throw new Problem('not_found', 'There is no such order.');
  const { id } = order;
  if (order.status !== 'paid' && order.status !== 'partially_refunded')
    throw new Problem('order_closed', `The order is ${order.status}; only what is paid can be refunded.`);
  const payment = await livePaymentOf(tx, id);
  if (!payment) throw new Error(`order ${id} is ${order.status} without a payment`);
  const amountMinor = await refundable(tx, order, amount);
  refuseUnreturnable(amountMinor, payment, gateways);
  const refund = { id: randomUUIDv7(), order: id, payment: payment.id, status: 'processing' as const, amountMinor };
  const payload = { order_id: id, refund_id: refund.id, gateway: payment.gateway };
  const jobId = after.enqueue(paymentJobs.refund, payload, tenantOfUser(order.user));
  await tx.insert(Refund, {
    ...refund,
    currency: order.currency,
    gatewayKey: randomUUIDv7(),
    reason: reason ?? null,
    createdAt: at,
    calls: 0,
    jobId,
    reviewAt: new Date(at.getTime() + firstReviewMs),
  });
  const began = { order: id, subject: 'refund' as const, subjectId: refund.id, from: null, to: 'processing', at };
  await writeHistory(tx, [{ ...began, reason }]);
  return refund.id;
}

// A refund at a gateway that is no longer configured waits for it; what that one could take is not known.
function refuseUnreturnable(minor: number, { gateway, currency }: PaymentRow, { all }: PaymentGateways): void {
  const limits = all.find(({ name }) => name === gateway)?.limits(currency);
  if (limits)
    refuseUntakeable({ minor, currency, limits: { ...limits, leastMinor: limits.stepMinor }, pointer: '/amount' });
}

async function refundable(tx: EntityManager, order: OrderRow, amount: number | undefined): Promise<number> {
  const { currency } = order;
  const others = await tx.find(
    Refund,
    { order: order.id, status: { $ne: 'failed' } },
    { fields: ['amountMinor'], disableIdentityMap: true },
  );
  const leftMinor = others.reduce((left, { amountMinor }) => left - amountMinor, order.totalMinor);
  // Less than nothing: one made at the gateway itself has overtaken one that is being asked for, and will be refused.
  if (leftMinor <= 0) throw new Problem('order_closed', 'All of it has been refunded, or is being refunded.');
  const amountMinor = amount === undefined ? leftMinor : toMinor(amount, currency);
  if (amountMinor === undefined)
    throw new Problem('invalid', `${currency} has ${decimalsOf(currency)} decimals.`, {
      errors: [{ pointer: '/amount', detail: `may have at most ${decimalsOf(currency)} decimals` }],
    });
  if (amountMinor > leftMinor) {
    const left = toMajor(leftMinor, currency).toFixed(decimalsOf(currency));
    const errors = [{ pointer: '/amount', detail: `must be at most ${left}` }];
    throw new Problem('refund_too_large', `${left} ${currency} is left to be refunded.`, { errors });
  }
  return amountMinor;
}
