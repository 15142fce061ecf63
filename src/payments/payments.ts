import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import type { Redis } from '../redis/client.ts';
import type { Config } from '../config.ts';
import type { PaymentStatus, RefundStatus } from '../entities/payments.entity.ts';
import { openPaymentGateways } from '../gateways/payment-gateways.ts';
import type { PaymentGateways } from '../gateways/payments/payment-gateway.ts';
import { type Batch, type BatchWork, openBatch } from '../outbox/batch.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { openCharges } from './charge-at-once.ts';
import { beginCharges, type Begun, type DueCharge } from './begin-charge.ts';
import { beginRefunds, type BegunRefund, type DueRefund } from './begin-refund.ts';
import { type Settlement, settlePayments } from './settle-payment.ts';
import { type RefundSettlement, settleRefunds } from './settle-refund.ts';
import { openRests, type RestOf } from './rests.ts';

/** Whoever takes the money, and how long an order waits for it. */
export type Payments = Readonly<{
  gateways: PaymentGateways;
  restOf: RestOf;
  /** How long an order waits for its buyer, ms. */
  expiryMs: number;
  /** Charges a payment of a gateway that asks nobody, with others of this moment; false: begin it. */
  chargeAtOnce: Batch<DueCharge, boolean>;
  /** Writes down the next conversation about a payment, with others that begin at this moment. */
  begin: Batch<DueCharge, Begun | undefined>;
  /** Records what became of a payment, with others of this moment. */
  settle: Batch<Settlement, PaymentStatus>;
  beginRefund: Batch<DueRefund, BegunRefund | undefined>;
  settleRefund: Batch<RefundSettlement, RefundStatus>;
}>;

type Parts = Readonly<{ config: Config; redis: Redis; orm: MikroORM; transaction: Transaction; now: () => Date }>;

/** The most payments that commit together. */
const limits = (name: string) => ({ name, members: 100 });

/** Opens the payment gateways; nothing is asked yet. */
export async function openPayments(
  { config, redis, orm, transaction, now }: Parts,
  openGateways = openPaymentGateways,
): Promise<Payments> {
  const gateways = await openGateways(config, redis);
  return {
    gateways,
    restOf: openRests({ gateways, read: () => orm.em.fork(), now }),
    expiryMs: config.ORDER_EXPIRY_SECONDS * 1_000,
    chargeAtOnce: openCharges(transaction),
    begin: openBatch(transaction, ofGiven(beginCharges), limits('begin_charge')),
    settle: openBatch(transaction, settlePayments, limits('settle_payment')),
    beginRefund: openBatch(transaction, ofGiven(beginRefunds), limits('begin_refund')),
    settleRefund: openBatch(transaction, settleRefunds, limits('settle_refund')),
  };
}

/** Work that needs nothing of its members but what they hand in. */
function ofGiven<Given, Outcome>(
  work: (tx: EntityManager, given: readonly Given[]) => ReturnType<BatchWork<Given, Outcome>>,
): BatchWork<Given, Outcome> {
  return (tx, _after, members) =>
    work(
      tx,
      members.map(({ given }) => given),
    );
}
