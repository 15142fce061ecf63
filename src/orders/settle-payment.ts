import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { Order, type OrderStatus } from '../entities/order.entity.ts';
import { OrderHistory } from '../entities/order-history.entity.ts';
import { Payment } from '../entities/payment.entity.ts';
import type { ChargeOutcome } from '../gateways/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { orderPaid, orderPaymentFailed } from '../streams/orders.stream.ts';
import { toMajor } from './money.ts';

type Settlement = Readonly<{
  order: Pick<InferEntity<typeof Order>, 'id' | 'user' | 'totalMinor' | 'currency'>;
  paymentId: string;
  outcome: ChargeOutcome;
  at: Date;
}>;

/**
 * Records what the gateway decided: payment, order, history and event in the caller's transaction.
 * A payment that has been settled before is left as it is, so this may run any number of times.
 */
export async function settlePayment(
  tx: EntityManager,
  after: AfterCommit,
  { order, paymentId, outcome, at }: Settlement,
): Promise<void> {
  const failure =
    outcome.status === 'failed' ? { failureCode: outcome.code, failureDetail: outcome.detail.slice(0, 500) } : {};
  const settled = await tx.nativeUpdate(
    Payment,
    { id: paymentId, status: 'processing' },
    { status: outcome.status, gatewayReference: outcome.reference, settledAt: at, ...failure },
  );
  if (settled === 0 || outcome.status === 'requires_action') return;

  const facts = {
    order_id: order.id,
    user_id: order.user,
    total_amount: toMajor(order.totalMinor, order.currency),
    currency: order.currency,
    payment_id: paymentId,
  };
  if (outcome.status === 'succeeded') {
    await moveOrder(tx, { id: order.id, from: 'pending', to: 'paid', at });
    after.publish(orderPaid, order.id, { ...facts, status: 'paid' });
  } else {
    await moveOrder(tx, { id: order.id, from: 'pending', to: 'payment_failed', at, reason: outcome.code });
    after.publish(orderPaymentFailed, order.id, { ...facts, status: 'payment_failed', failure_code: outcome.code });
  }
}

type Move = Readonly<{ id: string; from: OrderStatus; to: OrderStatus; at: Date; reason?: string }>;

/** Moves an order from one status to another, with its history. @throws when it is not in `from`, so that all rolls back. */
async function moveOrder(tx: EntityManager, { id, from, to, at, reason }: Move): Promise<void> {
  const moved = await tx.nativeUpdate(
    Order,
    { id, status: from },
    { status: to, ...(to === 'paid' ? { paidAt: at } : {}) },
  );
  if (moved === 0) throw new Error(`order ${id} is no longer '${from}' and cannot become '${to}'`);
  await tx.insert(OrderHistory, {
    id: randomUUIDv7(),
    order: id,
    fromStatus: from,
    toStatus: to,
    at,
    reason: reason?.slice(0, 200) ?? null,
  });
}
