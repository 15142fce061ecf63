import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { Dispute, GatewayCall, Payment } from '../entities/payments.entity.ts';
import { isChargeOf, type ListedCharge, type Notice, type ToldDispute } from '../gateways/payments/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { orderDisputed } from '../streams/orders.stream.ts';
import { type OrderRow, type PaymentRow, orderFacts, isUnderWay, lockKnownOrder, lockOrder } from '../orders/order.ts';
import { toMajor } from '../money/money.ts';
import { writeHistory, paymentMoves } from '../orders/transitions.ts';
import { selectRow, updateRows } from '../mysql/rows.ts';
import { beginCall } from './begin-charge.ts';
import { tenantOfUser } from '../jobs/shares.ts';
import { orderJobs } from '../orders/jobs.ts';
import { paymentJobs } from './jobs.ts';
import { hearRefunds } from './hear-refund.ts';
import { endCall, settlePayment } from './settle-payment.ts';

// Clocks differ; the gateway's is the one that says when something has happened.
const clockSlackMs = 300_000;

/** What became of a notice. One that is `too_early` has to come again: nobody can know yet whether it is ours. */
export type Taken = 'not_ours' | 'too_early' | 'known' | 'looked_up' | 'settled';

type Hearing<About extends Notice['about']> = Readonly<{
  /** Whose signature it bears. */
  gateway: string;
  notice: Extract<Notice, { about: About }>;
  at: Date;
}>;

/**
 * Takes in what the gateway tells of its own accord. It moves what it is about when the gateway's own id, the amount, what has
 * come in of it and the currency are those of our row, and it is final; otherwise the gateway is asked. What it says twice is
 * known. What it says of the money of a charge whose own answer nobody has heard yet is too early.
 */
export async function takeNotice(
  tx: EntityManager,
  after: AfterCommit,
  { notice, ...heard }: Readonly<{ gateway: string; notice: Notice; at: Date }>,
): Promise<Taken> {
  switch (notice.about) {
    case 'charge':
      return takeCharge(tx, after, { ...heard, notice });
    case 'refunds':
      return takeRefunds(tx, after, { ...heard, notice });
    case 'dispute':
      return takeDispute(tx, after, { ...heard, notice });
  }
}

async function takeCharge(
  tx: EntityManager,
  after: AfterCommit,
  { gateway, notice, at }: Hearing<'charge'>,
): Promise<Taken> {
  const { type, charge, isDecided } = notice;
  const { orderId, paymentId, outcome } = charge;
  if (orderId === undefined || paymentId === undefined || !(await lockOrder(tx, orderId))) return 'not_ours';
  const payment = await selectRow(tx, Payment, { id: paymentId, order: orderId, gateway });
  if (!payment) return 'not_ours';
  if (!paymentMoves[payment.status].includes(outcome.status)) return 'known';
  const callId = await beginCall(tx, { orderId, subjectId: paymentId, operation: 'webhook', at });
  // A refusal before the buyer's eyes can still be overcome by the buyer.
  const isFinal = isDecided && !(payment.status === 'requires_action' && outcome.status === 'failed');
  if (isFinal && isOf(payment, charge)) {
    await settlePayment(tx, after, { orderId, paymentId, outcome, at, callId });
    return 'settled';
  }
  await endCall(tx, callId, { status: type }, at);
  const isKnown = payment.gatewayReference !== null && payment.gatewayReference !== undefined;
  // Nobody has heard yet which intent is the payment's: whoever asks next looks at this one first.
  if (!isKnown && isUnderWay(payment))
    await updateRows(tx, Payment, { id: paymentId }, { toldReference: charge.reference });
  // A charge that is being asked for at this moment has its answer coming.
  if (isKnown || payment.status === 'unknown')
    after.enqueue(orderJobs.charge, { order_id: orderId, payment_id: paymentId, gateway }, tenantOfUser(payment.user));
  return 'looked_up';
}

/** Whether the charge is the payment's own: ids of ours in its metadata could be anybody's doing. */
function isOf(payment: PaymentRow, charge: ListedCharge): boolean {
  return payment.gatewayReference === charge.reference && isChargeOf(charge, payment);
}

async function takeRefunds(
  tx: EntityManager,
  after: AfterCommit,
  { gateway, notice, at }: Hearing<'refunds'>,
): Promise<Taken> {
  const { type, chargeReference, refunds, isWhole } = notice;
  const payment = await lockPaymentOf(tx, { gateway, notice, at }, chargeReference);
  if (payment === 'not_ours' || payment === 'too_early') return payment;
  const { order: orderId, id: paymentId } = payment;
  // What a payment that is not settled here gives back is asked for when it is.
  const heard = payment.status === 'succeeded' ? await hearRefunds(tx, after, { payment, refunds, at }) : [];
  for (const { verdict, refundId } of heard)
    if (verdict === 'settled') await noteWebhook(tx, { orderId, subjectId: refundId ?? paymentId, type, at });
  if (isWhole && heard.length > 0 && heard.every(({ verdict }) => verdict !== 'differs'))
    return heard.some(({ verdict }) => verdict === 'settled') ? 'settled' : 'known';
  const payload = { order_id: orderId, payment_id: paymentId, gateway };
  after.enqueue(paymentJobs.lookUpRefunds, payload, tenantOfUser(payment.user));
  return 'looked_up';
}

async function takeDispute(
  tx: EntityManager,
  after: AfterCommit,
  { gateway, notice, at }: Hearing<'dispute'>,
): Promise<Taken> {
  const { type, eventId, dispute } = notice;
  const payment = await lockPaymentOf(tx, { gateway, notice, at }, dispute.chargeReference);
  if (payment === 'not_ours' || payment === 'too_early') return payment;
  if (payment.currency !== dispute.currency) return 'not_ours';
  const { order: orderId } = payment;
  if (await selectRow(tx, GatewayCall, { order: orderId, eventId, outcome: type })) return 'known';
  const order = await lockKnownOrder(tx, orderId);
  const subjectId = await noteDispute(tx, after, { order, payment, dispute, type, at });
  await noteWebhook(tx, { orderId, subjectId, type, at, eventId });
  return 'settled';
}

type DisputeNote = Readonly<{ order: OrderRow; payment: PaymentRow; dispute: ToldDispute; type: string; at: Date }>;

/**
 * Records what the gateway says of a dispute, announces it, and returns its id. The order stays what it is: whether its money
 * is gone is the dispute's to say. What was said earlier than what is known is announced, and changes nothing.
 */
async function noteDispute(tx: EntityManager, after: AfterCommit, told: DisputeNote): Promise<string> {
  const { order, dispute, type, at } = told;
  const known = await tx.findOne(Dispute, { gatewayReference: dispute.reference }, { disableIdentityMap: true });
  const id = known?.id ?? randomUUIDv7();
  const entry = { order: order.id, subject: 'dispute' as const, subjectId: id, to: dispute.status, at, reason: type };
  if (!known) {
    await tx.insert(Dispute, rowOf(id, told));
    await writeHistory(tx, [{ ...entry, from: null }]);
  } else if (dispute.toldAt >= known.toldAt) {
    await tx.nativeUpdate(Dispute, { id }, { status: dispute.status, toldAt: dispute.toldAt });
    if (known.status !== dispute.status) await writeHistory(tx, [{ ...entry, from: known.status }]);
  }
  after.publish(orderDisputed, order.id, {
    ...orderFacts(order),
    status: order.status,
    dispute_id: id,
    happened: dispute.happened,
    dispute_status: dispute.status,
    reason: dispute.reason ?? null,
    amount: toMajor(dispute.amountMinor, order.currency),
  });
  return id;
}

function rowOf(id: string, { order, payment, dispute, at }: DisputeNote): InferEntity<typeof Dispute> {
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

/** The payment that the gateway knows under this id, read once its order is locked. */
async function lockPaymentOf(
  tx: EntityManager,
  { gateway, notice, at }: Hearing<'refunds' | 'dispute'>,
  gatewayReference: string | undefined,
): Promise<PaymentRow | 'not_ours' | 'too_early'> {
  if (gatewayReference === undefined) return 'not_ours';
  const find = () => selectRow(tx, Payment, { gateway, gatewayReference });
  let found = await find();
  if (!found && (await isAnyUnheard(tx, gateway, notice.happenedAt ?? at))) return 'too_early';
  // Its answer may have been written down between the two questions.
  found ??= await find();
  if (!found) return 'not_ours';
  await lockKnownOrder(tx, found.order);
  return (await find()) ?? 'not_ours';
}

/**
 * Whether the gateway had been asked for a charge by then whose id there nobody has heard yet: what has happened to a charge may have
 * happened to that one. Later ones do not count, so that what is not ours is not refused for as long as a shop is busy.
 */
async function isAnyUnheard(tx: EntityManager, gateway: string, by: Date): Promise<boolean> {
  const chargingAt = { $lte: new Date(by.getTime() + clockSlackMs) };
  const unheard = { gateway, status: { $in: ['processing', 'unknown'] as const }, gatewayReference: null, chargingAt };
  return (await tx.findOne(Payment, unheard, { fields: ['id'], disableIdentityMap: true })) !== null;
}

async function noteWebhook(
  tx: EntityManager,
  { type, at, ...about }: Readonly<{ orderId: string; subjectId: string; type: string; at: Date; eventId?: string }>,
): Promise<void> {
  await endCall(tx, await beginCall(tx, { ...about, operation: 'webhook', at }), { status: type }, at);
}
