import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Config } from '../config.ts';
import type { PaymentGateways } from '../gateways/payments/payment-gateway.ts';
import { Payment } from '../entities/payments.entity.ts';
import { orderJobs } from './jobs.ts';
import type { OrderRow, PaymentRow } from './order.ts';
import { writeHistory } from './transitions.ts';
import type { Tenant } from '../jobs/shares.ts';
import { insertRows } from '../mysql/rows.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { Problem } from '../errors.ts';

// Long enough for the relay to have handed the job over, and for a line of ten thousand before it: whoever looks after those that
// merely wait takes as much of a worker as charging them. A Redis that has lost everything is noticed by itself.
const firstReviewMs = 15_000;

/** How an order is to be paid. */
export type Means = Readonly<{ method: string; gateway: string }>;

type Minting = Readonly<{
  order: Pick<OrderRow, 'id' | 'user' | 'totalMinor' | 'currency'>;
  means: Means;
  at: Date;
  /** Who asks for it. */
  tenant: Tenant;
}>;

/** A payment that is about to begin, as it is shown. */
export type NewPayment = ReturnType<typeof newPayment>;

/**
 * Begins to pay an order: its payment, with the key that every charge of it will carry, and the job that charges it.
 * An order has one live payment at most: the table's unique key refuses a second one.
 */
export async function mintPayment(tx: EntityManager, after: AfterCommit, minting: Minting): Promise<NewPayment> {
  const payment = newPayment(minting);
  await insertRows(tx, Payment, [askForCharge(after, payment, minting.tenant)]);
  await writeHistory(tx, [beginningOf(payment)]);
  return payment;
}

/** The payment that an order begins with. */
export function newPayment({ order, means, at }: Omit<Minting, 'tenant'>) {
  return {
    id: randomUUIDv7(),
    order: order.id,
    user: order.user,
    liveOrderId: order.id,
    status: 'processing' as const,
    ...means,
    amountMinor: order.totalMinor,
    currency: order.currency,
    gatewayKey: randomUUIDv7(),
    failureCode: null,
    failureDetail: null,
    createdAt: at,
    calls: 0,
  };
}

/** Asks for the job that charges the payment, out of the tenant's share, and returns the payment as its row. */
export function askForCharge(after: AfterCommit, payment: NewPayment, tenant: Tenant) {
  const jobId = enqueueCharge(after, payment, tenant);
  return { ...payment, jobId, reviewAt: new Date(payment.createdAt.getTime() + firstReviewMs) };
}

/** Asks for the job that charges a payment at its gateway, and returns the job's id. */
export function enqueueCharge(
  after: AfterCommit,
  { order, id, gateway }: Pick<PaymentRow, 'order' | 'id' | 'gateway'>,
  tenant: Tenant,
): string {
  return after.enqueue(orderJobs.charge, { order_id: order, payment_id: id, gateway }, tenant);
}

/** The first line of its history. */
export function beginningOf({ id: subjectId, order, createdAt: at }: NewPayment) {
  return { order, subject: 'payment' as const, subjectId, from: null, to: 'processing', at };
}

type Paying = Readonly<{
  config: Pick<Config, 'PAYMENT_DEFAULT_METHOD'>;
  payments: Readonly<{ gateways: PaymentGateways }>;
}>;

/** How an order is paid whose request names this method, or none; undefined: nobody has said it yet. */
export function meansOf({ config, payments }: Paying, named: string | undefined): Means | undefined {
  const { current: gateway, all } = payments.gateways;
  const method = named ?? config.PAYMENT_DEFAULT_METHOD ?? all.find(({ name }) => name === gateway)?.usualMethod;
  return method === undefined ? undefined : { method, gateway };
}

/** The same where it must be known. @throws Problem payment_method_required. */
export function requiredMeans(ctx: Paying, named: string | undefined): Means {
  const means = meansOf(ctx, named);
  if (means) return means;
  throw new Problem('payment_method_required', 'Name the payment method to charge.', {
    errors: [{ pointer: '/payment_method', detail: 'is needed, because this deployment has no default' }],
  });
}
