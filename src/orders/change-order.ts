import type { EntityManager } from '@mikro-orm/mysql';
import { Order, OrderLine } from '../entities/orders.entity.ts';
import { Payment } from '../entities/payments.entity.ts';
import type { Tenant } from '../jobs/shares.ts';
import { insertRows } from '../mysql/rows.ts';
import { Problem } from '../errors.ts';
import { cancelOrder } from './cancel-order.ts';
import { isUnderWay, livePaymentOf, lockOrder, type OrderRow, type PaymentRow, orderFacts } from './order.ts';
import { giveBackStock } from './stock.ts';
import { moveOrder, movePayment } from './transitions.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { orderPaymentRetried, orderUpdated } from '../streams/orders.stream.ts';
import { enqueueCharge, type Means, mintPayment } from './mint-payment.ts';
import { eventItems, holdItems } from './hold-items.ts';
import type { WishedItems } from './price-items.ts';
import { refuseUntakeable, type Takes } from './takeable.ts';

/** The gateway waits for the buyer to authenticate; once it has stopped that, the order can be cancelled. */
export class AwaitsBuyer extends Problem {
  readonly orderId: string;
  readonly paymentId: string;

  constructor(orderId: string, paymentId: string) {
    super('payment_in_progress', 'The gateway waits for the buyer, and has not said yet that it has stopped.');
    this.orderId = orderId;
    this.paymentId = paymentId;
  }
}

/** Whose order, when, and who asks. `userId` undefined: an administrator's business. */
export type Whose = Readonly<{ id: string; userId: number | undefined; at: Date; tenant: Tenant }>;

/**
 * Begins to pay an order that is pending or whose payment has failed: a new payment with a new key of its own.
 * @throws Problem not_found, order_closed, amount_not_chargeable, or payment_in_progress when it has a payment that has not
 * failed.
 */
export async function payOrder(tx: EntityManager, after: AfterCommit, whose: Whose, paying: Paying): Promise<void> {
  const order = await openOrder(tx, whose);
  if (await livePaymentOf(tx, order.id)) throw inProgress();
  await beginPayment(tx, after, order, paying, whose);
}

type Paying = Readonly<{ means: Means; takes: Takes }>;

/** What is to be changed of an order. */
export type OrderChange = Readonly<{
  items: WishedItems | undefined;
  totalAmount: number | undefined;
  currency: string | undefined;
  /** How old a rate may be that its lines are converted at. */
  fxMaxAgeMs: number;
  means: Means | undefined;
  /** What the gateway of this name can take, or the one that takes new payments. */
  takesOf: (gateway: string | undefined) => Takes;
}>;

/**
 * Changes items or payment method of an order that is not paid, with the prices and the stock of this moment. A payment
 * that the gateway has not been asked for yet changes with it; without one, naming a method begins to pay.
 * @throws Problem not_found, order_closed, payment_in_progress, and those of ordering.
 */
export async function changeOrder(
  tx: EntityManager,
  after: AfterCommit,
  whose: Whose,
  change: OrderChange,
): Promise<void> {
  const order = await openOrder(tx, whose);
  // Locked, so that a charge that is just beginning either waits for this or is seen here.
  const payment = await livePaymentOf(tx, order.id, { lock: true });
  if (payment && isUnderWay(payment)) throw inProgress();
  const { items, means } = change;
  // A payment stays with the gateway of its row, whoever takes new ones by now, unless a method is named.
  const takes = change.takesOf((means ?? payment)?.gateway);
  const changed = items ? await exchangeItems(tx, order, { ...change, items, takes, at: whose.at }) : order;
  if (payment) await adjustPayment(tx, after, { payment, order: changed, means, takes, tenant: whose.tenant });
  const lines = await tx.find(
    OrderLine,
    { order: order.id },
    { orderBy: { position: 'asc' }, disableIdentityMap: true },
  );
  after.publish(orderUpdated, order.id, {
    ...orderFacts(changed),
    status: order.status === 'pending' ? 'pending' : 'payment_failed',
    items: eventItems(lines, changed.currency),
  });
  if (!payment && means) await beginPayment(tx, after, changed, { means, takes }, whose);
}

/**
 * Cancels an order for its buyer, gives its stock back, and ends a payment that the gateway has not been asked for.
 * Doing it again is nothing. @throws Problem not_found, order_closed or payment_in_progress, as AwaitsBuyer where the gateway
 * has to end the payment first.
 */
export async function cancelForBuyer(tx: EntityManager, after: AfterCommit, whose: Whose): Promise<void> {
  const found = await lockOrder(tx, whose.id, whose.userId);
  if (found?.status === 'cancelled') return;
  const order = await openOrder(tx, whose);
  // Locked, so that a charge that is just beginning either waits for this or is seen here.
  const payment = await livePaymentOf(tx, order.id, { lock: true });
  if (payment?.status === 'requires_action' && payment.gatewayReference) throw new AwaitsBuyer(order.id, payment.id);
  if (payment && isUnderWay(payment)) throw inProgress();
  if (payment) {
    const move = { id: payment.id, order: order.id, from: payment.status, to: 'failed' as const, at: whose.at };
    const why = { failureCode: 'order_cancelled', failureDetail: 'The order was cancelled before it was charged.' };
    await movePayment(tx, { ...move, reason: why.failureCode }, why);
  }
  await cancelOrder(tx, after, { order, reason: 'requested', at: whose.at });
}

async function openOrder(tx: EntityManager, { id, userId }: Whose): Promise<OrderRow> {
  const order = await lockOrder(tx, id, userId);
  if (!order) throw new Problem('not_found', 'You have no such order.');
  if (order.status !== 'pending' && order.status !== 'payment_failed')
    throw new Problem('order_closed', `The order is ${order.status}.`);
  return order;
}

async function beginPayment(
  tx: EntityManager,
  after: AfterCommit,
  order: OrderRow,
  { means, takes }: Paying,
  { at, tenant }: Whose,
): Promise<void> {
  const { id, status } = order;
  refuseTotal(order, takes);
  if (status === 'payment_failed') await moveOrder(tx, { id, from: status, to: 'pending', at });
  else await tx.nativeUpdate(Order, { id }, { waitingSince: null });
  const payment = await mintPayment(tx, after, { order, means, at, tenant });
  if (status === 'payment_failed')
    after.publish(orderPaymentRetried, id, { ...orderFacts(order), status: 'pending', payment_id: payment.id });
}

// It may have been named under other rules: those of a gateway before.
function refuseTotal({ totalMinor, currency }: OrderRow, takes: Takes): void {
  refuseUntakeable({ minor: totalMinor, currency, limits: takes(currency), pointer: '' });
}

async function exchangeItems(
  tx: EntityManager,
  order: OrderRow,
  change: OrderChange & Readonly<{ items: WishedItems; takes: Takes; at: Date }>,
): Promise<OrderRow> {
  await giveBackStock(tx, order.id);
  // What was converted to a currency stays in it unless another is named.
  const asked = change.currency ?? (order.fxSource ? order.currency : undefined);
  const [held] = await holdItems(tx, [{ ...change, order: order.id, currency: asked }]);
  if (!held || held instanceof Problem) throw held ?? new TypeError('a wish has an outcome');
  const { lines, totalMinor, currency, conversion } = held;
  await tx.nativeDelete(OrderLine, { order: order.id });
  await insertRows(tx, OrderLine, lines);
  await tx.nativeUpdate(Order, { id: order.id }, { totalMinor, currency, ...conversion });
  return { ...order, totalMinor, currency, ...conversion };
}

type Adjustment = Readonly<{
  payment: PaymentRow;
  order: OrderRow;
  means: Means | undefined;
  takes: Takes;
  tenant: Tenant;
}>;

// Its key has never been used, so what it will be used for may still change.
async function adjustPayment(
  tx: EntityManager,
  after: AfterCommit,
  { payment, order, means, takes, tenant }: Adjustment,
): Promise<void> {
  refuseTotal(order, takes);
  const { totalMinor: amountMinor, currency } = order;
  const { id, gateway } = payment;
  const untouched = { id, status: 'processing' as const, chargingAt: null };
  // The job that it has waits for as long as the gateway before rests. A job too many charges nothing.
  const isMoved = means !== undefined && means.gateway !== gateway;
  const job = isMoved ? { jobId: enqueueCharge(after, { ...payment, ...means }, tenant) } : {};
  const adjusted = await tx.nativeUpdate(Payment, untouched, { amountMinor, currency, ...means, ...job });
  if (adjusted === 0) throw inProgress();
}

function inProgress(): Problem {
  return new Problem('payment_in_progress', 'The order is being paid; wait until that has succeeded or failed.');
}
