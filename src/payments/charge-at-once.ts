import type { EntityManager } from '@mikro-orm/mysql';
import { Order } from '../entities/orders.entity.ts';
import { GatewayCall, Payment } from '../entities/payments.entity.ts';
import { unlessPaymentsPaused } from '../jobs/pause.ts';
import {
  changeBoth,
  changeOf,
  changeWithNext,
  insertRows,
  isMissed,
  refuseUnless,
  selectBoth,
  selectionOf,
} from '../mysql/rows.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { type Batch, type Member, openBatch } from '../outbox/batch.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { IllegalMove } from '../orders/transitions.ts';
import { chargeOf, type DueCharge, newCall } from './begin-charge.ts';
import { announcePaid, endOf, ordersPaid, type Paid, paidColumns, writePaid } from './settle-payment.ts';

type Charged = Paid & Readonly<{ member: Member<DueCharge> }>;

/** Opens the way on which payments that come together are charged together. */
export function openCharges(transaction: Transaction): Batch<DueCharge, boolean> {
  const charge = openBatch(transaction, chargeAtOnce, { name: 'charge_at_once', members: 100 });
  return (due) =>
    charge(due).catch((error: unknown) => {
      // Payments were stopped, or somebody else moves it: nothing is written, and the usual way decides.
      if (isMissed(error)) return false;
      throw error;
    });
}

/**
 * Charges payments of gateways that ask nobody: nothing can happen between the beginning and the outcome, so they are one
 * transaction. The outcome of each is whether it is paid; false: the usual way decides, because it has begun before, its order
 * waits for nothing, it did not succeed, or payments are stopped.
 */
async function chargeAtOnce(
  tx: EntityManager,
  after: AfterCommit,
  members: readonly Member<DueCharge>[],
): Promise<readonly boolean[]> {
  const due = new Map(members.map((member) => [member.given.paymentId, member]));
  const orderIds = [...new Set(members.map(({ given }) => given.orderId))];
  const [orders, payments] = await selectBoth(
    tx,
    selectionOf(tx, Order, { property: 'id', values: orderIds, lock: true }),
    selectionOf(tx, Payment, { property: 'id', values: [...due.keys()], lock: true }),
  );
  const pending = new Map(orders.filter(({ status }) => status === 'pending').map((order) => [order.id, order]));
  const charged: Charged[] = [];
  // One moment for all that are charged at once, so that it is written once.
  const at = new Date(Math.max(...members.map(({ given }) => given.at.getTime())));
  for (const payment of payments) {
    const [order, member] = [pending.get(payment.order), due.get(payment.id)];
    if (!order || member?.given.orderId !== order.id || payment.status !== 'processing' || payment.chargingAt) continue;
    const gateway = member.given.gateways.all.find(({ name }) => name === payment.gateway);
    if (!gateway?.asksNobody) continue;
    const outcome = await gateway.charge(chargeOf(payment));
    if (outcome.status !== 'succeeded') continue;
    charged.push({ member, order, payment, gatewayReference: outcome.reference, at });
  }
  const isPaid = charged.length > 0 && (await store(tx, charged));
  if (isPaid) for (const { member, ...paid } of charged) member.within(() => announcePaid(after, paid));
  const paid = new Set(isPaid ? charged.map(({ member }) => member) : []);
  return members.map((member) => paid.has(member));
}

/** Writes what has been charged; nothing, and false, when payments are stopped. @throws what {@link isMissed} knows, of one. */
async function store(tx: EntityManager, charged: readonly Charged[]): Promise<boolean> {
  const rows = charged.map(({ payment: { id, calls }, gatewayReference, at }) => ({
    id,
    set: { ...paidColumns(gatewayReference, at), calls: calls + 1, chargingAt: at, lastCallAt: at },
  }));
  const guard = { status: 'processing' as const, chargingAt: null };
  const paying = { rows, guard, also: unlessPaymentsPaused };
  const moving = { ...ordersPaid(charged), also: unlessPaymentsPaused };
  const [payment, order] = [paying.rows[0], moving.rows[0]];
  if (charged.length === 1 && payment && order) {
    // Nobody else waits: the server itself looks whether they were as the guards say, and refuses the COMMIT that travels with them.
    const isPaid = await changeWithNext(tx, Payment, { ...paying, rows: [payment] });
    const isMoved = await changeWithNext(tx, Order, { ...moving, rows: [order] });
    await refuseUnless(tx, [isPaid, isMoved]);
  } else {
    const moved = await changeBoth(tx, changeOf(tx, Payment, paying), changeOf(tx, Order, moving));
    if (moved.every((count) => count === 0)) return false;
    if (moved.some((count) => count < charged.length))
      throw new IllegalMove(`of ${charged.length} payments and orders ${moved.join(' and ')} were still open`);
  }
  await insertRows(
    tx,
    GatewayCall,
    charged.map(({ payment: { id: subjectId, order: orderId }, at }) => ({
      ...newCall({ orderId, subjectId, operation: 'charge', at }),
      ...endOf({ status: 'succeeded' }, at),
    })),
  );
  await writePaid(tx, charged);
  return true;
}
