import type { EntityManager } from '@mikro-orm/mysql';
import { Order, type OrderStatus, type HistorySubject, OrderHistory } from '../entities/orders.entity.ts';
import { Payment, type PaymentStatus, type RefundStatus } from '../entities/payments.entity.ts';
import { GiveUp } from '../errors.ts';
import { insertRows, updateRows } from '../mysql/rows.ts';

/** Where an order may go from each status. Going where it is already is nothing, unless the table says so. */
export const orderMoves: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ['paid', 'payment_failed', 'cancelled'],
  payment_failed: ['pending', 'cancelled'],
  paid: ['partially_refunded', 'refunded'],
  // Back again: a refund that had succeeded has failed after all.
  partially_refunded: ['partially_refunded', 'refunded', 'paid'],
  refunded: ['partially_refunded', 'paid'],
  cancelled: [],
};

/** Where a payment may go from each status. `unknown`: the gateway was asked, and nobody heard what it did. */
export const paymentMoves: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  processing: ['succeeded', 'failed', 'requires_action', 'unknown', 'canceled'],
  requires_action: ['succeeded', 'failed', 'canceled'],
  unknown: ['succeeded', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
};

/**
 * Where a refund may go from each status. `processing` again: the gateway has it and is at work. What has succeeded can
 * still fail, weeks later, when the buyer's bank sends the money back.
 */
export const refundMoves: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  processing: ['processing', 'succeeded', 'failed', 'unknown'],
  unknown: ['processing', 'succeeded', 'failed'],
  succeeded: ['failed'],
  failed: [],
};

/** Whether nobody has to ask about a refund any more. */
export function isRefundOver(status: RefundStatus): boolean {
  return status === 'succeeded' || status === 'failed';
}

/** A move that the tables do not have, or whose start is not where the row is: the transaction must roll back. */
export class IllegalMove extends GiveUp {
  override name = 'IllegalMove';
}

type Move<Status> = Readonly<{ id: string; from: Status; to: Status; at: Date; reason?: string | undefined }>;

/**
 * Moves an order by one guarded UPDATE, with its history.
 * @throws IllegalMove when the table has no such move, or the order is no longer in `from`.
 */
export async function moveOrder(tx: EntityManager, move: Move<OrderStatus>, refundedMinor?: number): Promise<void> {
  const { id, from, to, at } = move;
  refuseIllegal('order', orderMoves[from].includes(to), move);
  const moved = await updateRows(
    tx,
    Order,
    { id, status: from },
    {
      status: to,
      waitingSince: to === 'payment_failed' ? at : null,
      ...(to === 'paid' && from === 'pending' ? { paidAt: at } : {}),
      ...(refundedMinor === undefined ? {} : { refundedMinor }),
    },
  );
  refuseStale('order', moved, move);
  await writeHistory(tx, [{ order: id, subject: 'order', subjectId: id, ...move }]);
}

/** What of a payment changes with its status. */
export type PaymentColumns = Readonly<{
  gatewayReference?: string | null;
  clientSecret?: string | null;
  failureCode?: string;
  failureDetail?: string;
  reviewAt?: Date | null;
}>;

/** Moves a payment as {@link moveOrder} does an order. What has failed or was canceled makes room for another one. */
export async function movePayment(
  tx: EntityManager,
  move: Move<PaymentStatus> & Readonly<{ order: string }>,
  columns: PaymentColumns = {},
): Promise<void> {
  const { id, from, to, at } = move;
  refuseIllegal('payment', paymentMoves[from].includes(to), move);
  const isOver = paymentMoves[to].length === 0;
  const moved = await updateRows(
    tx,
    Payment,
    { id, status: from },
    {
      clientSecret: null,
      ...columns,
      status: to,
      ...(isOver ? { settledAt: at, reviewAt: null } : {}),
      ...(to === 'failed' || to === 'canceled' ? { liveOrderId: null } : {}),
    },
  );
  refuseStale('payment', moved, move);
  await writeHistory(tx, [{ subject: 'payment', subjectId: id, ...move }]);
}

/** A line of an order's history. */
export type Entry = Readonly<{
  order: string;
  subject: HistorySubject;
  subjectId: string;
  from: string | null;
  to: string;
  at: Date;
  reason?: string | undefined;
}>;

/** Writes lines of orders' histories; `from` null: its subject begins here. */
export async function writeHistory(tx: EntityManager, entries: readonly Entry[]): Promise<void> {
  const rows = entries.map(({ order, subject, subjectId, from, to, at, reason }) => ({
    order,
    subject,
    subjectId,
    at,
    fromStatus: from,
    toStatus: to,
    reason: reason?.slice(0, 200) ?? null,
  }));
  await insertRows(tx, OrderHistory, rows);
}

/** Why an order cannot go where it should, if it cannot. */
export function illegalMove(
  what: 'order',
  { id, from, to }: Readonly<{ id: string; from: OrderStatus; to: OrderStatus }>,
): IllegalMove | undefined {
  return orderMoves[from].includes(to)
    ? undefined
    : new IllegalMove(`${what} ${id} cannot go from '${from}' to '${to}'`);
}

/** Of rows that are moved at once: whether all were where they begin. @throws IllegalMove when one of them is there no longer. */
export function refuseFewer(
  what: HistorySubject,
  { all, moved, from }: Readonly<{ all: number; moved: number; from: string }>,
): void {
  if (moved < all) throw new IllegalMove(`of ${all} ${what}s ${moved} were still '${from}'`);
}

function refuseIllegal(what: HistorySubject, isLegal: boolean, { id, from, to }: Move<string>): void {
  if (!isLegal) throw new IllegalMove(`${what} ${id} cannot go from '${from}' to '${to}'`);
}

function refuseStale(what: HistorySubject, moved: number, { id, from, to }: Move<string>): void {
  if (moved === 0) throw new IllegalMove(`${what} ${id} is no longer '${from}' and cannot become '${to}'`);
}
