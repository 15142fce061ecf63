import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { Refund, type RefundStatus } from '../entities/payments.entity.ts';
import type { ListedRefund } from '../gateways/payments/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { lockKnownOrder, type OrderRow, type PaymentRow, type RefundRow } from '../orders/order.ts';
import { writeHistory } from '../orders/transitions.ts';
import { settleRefund } from './settle-refund.ts';

/** What became of it: nothing new, taken in, or for people, because it cannot be what our books say; and where ours stands. */
export type HeardRefund = Readonly<{
  verdict: 'known' | 'settled' | 'differs';
  refundId: string | undefined;
  status: RefundStatus | undefined;
}>;

type Hearing = Readonly<{ payment: PaymentRow; listed: ListedRefund; at: Date }>;

/**
 * Takes in what the gateway says of a refund of a payment that has succeeded: one of ours, or one that was made at the
 * gateway itself, which is recorded when it is first heard of. Any number of times, in any order: each counts once.
 */
async function hearRefund(
  tx: EntityManager,
  after: AfterCommit,
  { payment, listed, at }: Hearing,
): Promise<HeardRefund> {
  const order = await lockKnownOrder(tx, payment.order);
  const known = await findRefund(tx, payment, listed);
  // A part of a minor unit is no amount of ours.
  const isOfThis =
    listed.chargeReference === payment.gatewayReference &&
    listed.currency === payment.currency &&
    Number.isSafeInteger(listed.amountMinor);
  if (!isOfThis || (known && (known.payment !== payment.id || known.amountMinor !== listed.amountMinor)))
    return { verdict: 'differs', refundId: known?.id, status: known?.status };
  const { amountMinor, outcome } = listed;
  const isCounted = known?.status === 'succeeded';
  if (outcome.status === 'succeeded' && !isCounted && order.refundedMinor + amountMinor > order.totalMinor)
    return { verdict: 'differs', refundId: known?.id, status: known?.status };
  const refund = known ?? (await record(tx, { order, payment, listed, at }));
  const status = await settleRefund(tx, after, { orderId: order.id, refundId: refund.id, outcome, at });
  return { verdict: known?.status === status ? 'known' : 'settled', refundId: refund.id, status };
}

/**
 * Takes in what the gateway says of several refunds of one payment, those that gave nothing back first: what they leave may
 * be what another has given back since.
 */
export async function hearRefunds(
  tx: EntityManager,
  after: AfterCommit,
  { payment, refunds, at }: Readonly<{ payment: PaymentRow; refunds: readonly ListedRefund[]; at: Date }>,
): Promise<readonly (HeardRefund & Readonly<{ listed: ListedRefund }>)[]> {
  const heard = [];
  const hasGiven = ({ outcome }: ListedRefund) => Number(outcome.status === 'succeeded');
  for (const listed of refunds.toSorted((a, b) => hasGiven(a) - hasGiven(b)))
    heard.push({ listed, ...(await hearRefund(tx, after, { payment, listed, at })) });
  return heard;
}

/** By the gateway's id; by ours only where none of the gateway's is known yet and nobody has written the refund off. */
async function findRefund(
  tx: EntityManager,
  payment: PaymentRow,
  { reference, refundId, amountMinor }: ListedRefund,
): Promise<RefundRow | undefined> {
  const options = { disableIdentityMap: true } as const;
  const byReference = await tx.findOne(Refund, { gatewayReference: reference }, options);
  if (byReference || refundId === undefined) return byReference ?? undefined;
  const unheard = { id: refundId, payment: payment.id, amountMinor, gatewayReference: null };
  return (await tx.findOne(Refund, { ...unheard, status: { $ne: 'failed' } }, options)) ?? undefined;
}

type New = Hearing & Readonly<{ order: OrderRow }>;

async function record(tx: EntityManager, { order, payment, listed, at }: New): Promise<RefundRow> {
  const id = randomUUIDv7();
  await tx.insert(Refund, {
    id,
    order: order.id,
    payment: payment.id,
    status: 'processing',
    amountMinor: listed.amountMinor,
    currency: payment.currency,
    gatewayKey: randomUUIDv7(),
    createdAt: at,
    chargingAt: at,
    calls: 0,
    // No job's: the reconciler gives it one while it is not over.
    jobId: randomUUIDv7(),
    reviewAt: at,
  });
  const began = { order: order.id, subject: 'refund' as const, subjectId: id, from: null, to: 'processing', at };
  await writeHistory(tx, [{ ...began, reason: 'made at the gateway' }]);
  return tx.findOneOrFail(Refund, { id }, { disableIdentityMap: true });
}
