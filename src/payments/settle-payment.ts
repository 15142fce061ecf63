import type { EntityManager, EntityName } from '@mikro-orm/mysql';
import { GatewayCall, Payment, type PaymentStatus } from '../entities/payments.entity.ts';
import { Order, type OrderStatus } from '../entities/orders.entity.ts';
import { GiveUp } from '../errors.ts';
import type { ChargeOutcome } from '../gateways/payments/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { alone, type Member } from '../outbox/batch.ts';
import { selectRow, selectRows, updateEach, updateRows } from '../mysql/rows.ts';
import { orderPaid, orderPaymentFailed } from '../streams/orders.stream.ts';
import { type CancelReason, cancelOrder, cancelReasons } from '../orders/cancel-order.ts';
import { type OrderRow, type PaymentRow, orderFacts } from '../orders/order.ts';
import {
  illegalMove,
  moveOrder,
  movePayment,
  paymentMoves,
  type PaymentColumns,
  refuseFewer,
  writeHistory,
} from '../orders/transitions.ts';

/** Nobody heard what the gateway did. */
export type Unknown = Readonly<{ status: 'unknown'; detail: string }>;

type Ending = Readonly<{ status: string; detail?: string; code?: string }>;

/** What became of a payment at its gateway. */
export type Settlement = Readonly<{
  orderId: string;
  paymentId: string;
  outcome: ChargeOutcome | Unknown;
  at: Date;
  /** The conversation that brought the outcome, if there was one. */
  callId?: string;
}>;

// A webhook may get lost: who waits for the buyer is asked about from time to time.
const actionReviewMs = 15_000;

/**
 * Records what the gateway decided of each payment: payment, order, history and event in the caller's transaction. The
 * outcome of each is where its payment then stands. What does not move a payment is heard and left, so this may run any
 * number of times, in any order. Those that have succeeded take a handful of statements together; IllegalMove and GiveUp
 * are the outcomes of rows that cannot be moved.
 */
export async function settlePayments(
  tx: EntityManager,
  after: AfterCommit,
  settlements: readonly Member<Settlement>[],
): Promise<readonly (PaymentStatus | Error)[]> {
  const given = settlements.map((member) => member.given);
  const orders = await rowsById(tx, Order, new Set(given.map(({ orderId }) => orderId)), { lock: true });
  const payments = await rowsById(tx, Payment, new Set(given.map(({ paymentId }) => paymentId)));
  const paid: Paid[] = [];
  const outcomes: (PaymentStatus | Error)[] = [];
  for (const member of settlements) outcomes.push(await settle(tx, after, member, { orders, payments, paid }));
  await endCalls(
    tx,
    given.filter((_, index) => !(outcomes[index] instanceof Error)),
  );
  await payAll(tx, paid);
  return outcomes;
}

/** The same of one payment, in a transaction that does more. @throws IllegalMove or GiveUp. */
export function settlePayment(tx: EntityManager, after: AfterCommit, settlement: Settlement): Promise<PaymentStatus> {
  return alone((members) => settlePayments(tx, after, members), settlement);
}

/** A payment that has succeeded, and its order, as they stood before. */
export type Paid = Readonly<{ order: OrderRow; payment: PaymentRow; gatewayReference: string; at: Date }>;
/** The rows as they are once all that came before is written, and what is to be written of those that are paid. */
type Rows = Readonly<{ orders: Map<string, OrderRow>; payments: Map<string, PaymentRow>; paid: Paid[] }>;

async function settle(
  tx: EntityManager,
  after: AfterCommit,
  { given, within }: Member<Settlement>,
  { orders, payments, paid }: Rows,
): Promise<PaymentStatus | Error> {
  const { orderId, paymentId, outcome, at } = given;
  const [order, payment] = [orders.get(orderId), payments.get(paymentId)];
  if (!order) return new GiveUp(`there is no order ${orderId}`);
  if (payment?.order !== orderId) return new GiveUp(`order ${orderId} has no payment ${paymentId}`);
  if (!paymentMoves[payment.status].includes(outcome.status)) return payment.status;
  if (outcome.status === 'succeeded') {
    const illegal = illegalMove('order', { id: orderId, from: order.status, to: 'paid' });
    if (illegal) return illegal;
    payments.set(paymentId, { ...payment, status: outcome.status });
    orders.set(orderId, { ...order, status: 'paid' });
    const one = { order, payment, gatewayReference: outcome.reference, at };
    paid.push(one);
    within(() => announcePaid(after, one));
    return outcome.status;
  }
  const reason = outcome.status === 'failed' || outcome.status === 'canceled' ? outcome.code : undefined;
  const move = { id: paymentId, order: orderId, from: payment.status, to: outcome.status, at, reason };
  await movePayment(tx, move, columnsOf(outcome, at));
  const status = await within(() => moveOrderAlong(tx, after, { order, payment, settlement: given }));
  payments.set(paymentId, { ...payment, status: outcome.status });
  orders.set(orderId, { ...order, status });
  return outcome.status;
}

/** Announces that an order is paid. */
export function announcePaid(after: AfterCommit, { order, payment }: Paid): void {
  const facts = { ...orderFacts(order), payment_id: payment.id };
  after.publish(orderPaid, order.id, { ...facts, status: 'paid' });
}

/** Each update is guarded by where the rows were. @throws IllegalMove when one of them is there no longer. */
async function payAll(tx: EntityManager, paid: readonly Paid[]): Promise<void> {
  for (const [from, some] of Map.groupBy(paid, ({ payment }) => payment.status)) {
    const rows = some.map(({ payment: { id }, gatewayReference, at }) => ({
      id,
      set: paidColumns(gatewayReference, at),
    }));
    const moved = await updateEach(tx, Payment, rows, { status: from });
    refuseFewer('payment', { all: some.length, moved, from });
  }
  const { rows, guard } = ordersPaid(paid);
  const moved = await updateEach(tx, Order, rows, guard);
  refuseFewer('order', { all: paid.length, moved, from: 'pending' });
  await writePaid(tx, paid);
}

/** What of a payment changes when it succeeds. */
export function paidColumns(gatewayReference: string, settledAt: Date) {
  return { status: 'succeeded' as const, gatewayReference, clientSecret: null, settledAt, reviewAt: null };
}

/** How the orders of payments that have succeeded are moved. */
export function ordersPaid(paid: readonly Paid[]) {
  const rows = paid.map(({ order: { id }, at: paidAt }) => ({
    id,
    set: { status: 'paid' as const, paidAt, waitingSince: null },
  }));
  return { rows, guard: { status: 'pending' as const } };
}

/** Writes the history of payments that have succeeded, and of their orders. */
export async function writePaid(tx: EntityManager, paid: readonly Paid[]): Promise<void> {
  await writeHistory(
    tx,
    paid.flatMap(({ order: { id: order, status }, payment: { id: subjectId, status: from }, at }) => [
      { order, subject: 'payment' as const, subjectId, from, to: 'succeeded', at },
      { order, subject: 'order' as const, subjectId: order, from: status, to: 'paid', at },
    ]),
  );
}

/** Notes how conversations ended, of those that there were. One that has ended before stays as it is. */
export async function endCalls(
  tx: EntityManager,
  ended: readonly Readonly<{ callId?: string; outcome: Ending; at: Date }>[],
): Promise<void> {
  const rows = ended.flatMap(({ callId: id, outcome, at }) => (id ? [{ id, set: endOf(outcome, at) }] : []));
  await updateEach(tx, GatewayCall, rows, { endedAt: null });
}

/** Notes how a conversation with the gateway ended. */
export async function endCall(tx: EntityManager, id: string, outcome: Ending, endedAt: Date): Promise<void> {
  await updateRows(tx, GatewayCall, { id, endedAt: null }, endOf(outcome, endedAt));
}

/** How a conversation ended, as its row has it. */
export function endOf(outcome: Ending, endedAt: Date) {
  const detail = [outcome.code, outcome.detail].filter((part) => part !== undefined).join(': ');
  return { endedAt, outcome: outcome.status, detail: detail === '' ? null : detail.slice(0, 500) };
}

function columnsOf(outcome: ChargeOutcome | Unknown, at: Date): PaymentColumns {
  if (outcome.status === 'unknown') return {};
  const gatewayReference = outcome.reference;
  if (outcome.status === 'requires_action')
    return {
      gatewayReference,
      clientSecret: outcome.clientSecret,
      reviewAt: new Date(at.getTime() + actionReviewMs),
    };
  if (outcome.status === 'succeeded') return { gatewayReference };
  const { code, detail } = outcome;
  return {
    ...(gatewayReference === null ? {} : { gatewayReference }),
    ...(code === undefined ? {} : { failureCode: code.slice(0, 100) }),
    ...(detail === undefined ? {} : { failureDetail: detail.slice(0, 500) }),
  };
}

type Along = Readonly<{ order: OrderRow; payment: PaymentRow; settlement: Settlement }>;

/** Moves the order where its payment has not succeeded, and returns where it then is. */
async function moveOrderAlong(
  tx: EntityManager,
  after: AfterCommit,
  { order, payment, settlement: { outcome, at } }: Along,
): Promise<OrderStatus> {
  const { id, status: from } = order;
  if (outcome.status === 'failed' || outcome.status === 'canceled') {
    const reason = await whyEnded(tx, payment);
    if (reason) {
      await cancelOrder(tx, after, { order, reason, at });
      return 'cancelled';
    }
    const code = outcome.code ?? 'canceled';
    await moveOrder(tx, { id, from, to: 'payment_failed', at, reason: code });
    const facts = { ...orderFacts(order), payment_id: payment.id };
    after.publish(orderPaymentFailed, id, { ...facts, status: 'payment_failed', failure_code: code });
    return 'payment_failed';
  }
  if (outcome.status === 'requires_action') await updateRows(tx, Order, { id }, { waitingSince: at });
  return from;
}

/**
 * Why nobody waits for the payment any longer, where its gateway has been asked to end it. That is written down before it is asked:
 * whoever hears first how the payment ended, by a webhook or a look-up, cancels the order as whoever asked would have.
 */
async function whyEnded(tx: EntityManager, { id, order, status }: PaymentRow): Promise<CancelReason | undefined> {
  if (status !== 'requires_action') return undefined;
  const call = await selectRow(tx, GatewayCall, { order, subjectId: id, operation: 'cancel' });
  // One of a release that did not write it down yet was asked for by a job that took no reason for this one.
  return call && (cancelReasons.find((reason) => call.detail?.startsWith(reason)) ?? 'expired');
}

/** Rows by their ids, read in one order, so that whoever locks several never waits in a circle. */
async function rowsById<T extends Readonly<{ id: string }>>(
  tx: EntityManager,
  entity: EntityName<T>,
  ids: ReadonlySet<string>,
  options = {},
): Promise<Map<string, T>> {
  return new Map((await selectRows(tx, entity, 'id', [...ids], options)).map((row) => [row.id, row]));
}
