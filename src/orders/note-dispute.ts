import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { Dispute } from '../entities/dispute.entity.ts';
import type { ToldDispute } from '../gateways/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { orderDisputed } from '../streams/orders.stream.ts';
import type { OrderRow, PaymentRow } from './lock-order.ts';
import { toMajor } from './money.ts';
import { orderFacts } from './order-facts.ts';
import { writeHistory } from './transitions.ts';

type Told = Readonly<{ order: OrderRow; payment: PaymentRow; dispute: ToldDispute; type: string; at: Date }>;

/**
 * Records what the gateway says of a dispute, announces it, and returns its id. The order stays what it is: whether its money
 * is gone is the dispute's to say. What was said earlier than what is known is announced, and changes nothing.
 */
export async function noteDispute(tx: EntityManager, after: AfterCommit, told: Told): Promise<string> {
  const { order, dispute, type, at } = told;
  const known = await tx.findOne(Dispute, { gatewayReference: dispute.reference }, { disableIdentityMap: true });
  const id = known?.id ?? randomUUIDv7();
  const entry = { order: order.id, subject: 'dispute' as const, subjectId: id, to: dispute.status, at, reason: type };
  if (!known) {
    await tx.insert(Dispute, rowOf(id, told));
    await writeHistory(tx, { ...entry, from: null });
  } else if (dispute.toldAt >= known.toldAt) {
    await tx.nativeUpdate(Dispute, { id }, { status: dispute.status, toldAt: dispute.toldAt });
    if (known.status !== dispute.status) await writeHistory(tx, { ...entry, from: known.status });
  }
  after.publish(orderDisputed, order.id, {
    ...orderFacts(order),
    status: order.status,
    dispute_id: id,
    happened: type.replace('charge.dispute.', ''),
    dispute_status: dispute.status,
    reason: dispute.reason ?? null,
    amount: toMajor(dispute.amountMinor, order.currency),
  });
  return id;
}

function rowOf(id: string, { order, payment, dispute, at }: Told): InferEntity<typeof Dispute> {
  const { reference: gatewayReference, status, reason, amountMinor, currency, toldAt } = dispute;
  const money = { amountMinor, currency };
  const when = { createdAt: at, toldAt };
  return {
    id,
    order: order.id,
    payment: payment.id,
    gatewayReference,
    status,
    reason: reason ?? null,
    ...money,
    ...when,
  };
}
