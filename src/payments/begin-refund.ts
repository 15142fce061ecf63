import { type EntityManager, raw, type RawQueryFragment } from '@mikro-orm/mysql';
import { type GatewayOperation, Payment, Refund } from '../entities/payments.entity.ts';
import { GiveUp } from '../errors.ts';
import type { PaymentGateway, PaymentGateways } from '../gateways/payments/payment-gateway.ts';
import { selectRows, updateRows } from '../mysql/rows.ts';
import type { PaymentRow, RefundRow } from '../orders/order.ts';
import { isRefundOver } from '../orders/transitions.ts';
import { outcomeOf } from '../outbox/batch.ts';
import { type Beginning, mustLookUp, newCall, storeBegun, wasNeverAsked } from './begin-charge.ts';
import { knownRefund, lockRefunds, nowIs, type RefundRows, type Which } from './lock-refunds.ts';
import { endCall } from './settle-payment.ts';

/** What is about to be said to the gateway of a refund, committed before anything is said. */
export type BegunRefund = Readonly<{
  refund: RefundRow;
  /** The one that took the payment. */
  gateway: PaymentGateway;
  operation: GatewayOperation;
  /** The gateway's own id of the payment. */
  reference: string;
  callId: string;
}>;

/** A refund that may have to be asked for. */
export type DueRefund = Which &
  Readonly<{
    gateways: PaymentGateways;
    /** The look by which the gateway has no refund that, as far as is known, was never asked for: it may be now. */
    soughtBy?: string | undefined;
  }>;

/**
 * Writes down the next conversation about each refund; undefined for one that needs none any more. What the gateway has taken up is
 * only looked up from then on. RateLimited is the outcome of what would be asked for first while payments are stopped,
 * NoSuchGateway and GiveUp those of rows that cannot be refunded.
 */
export async function beginRefunds(
  tx: EntityManager,
  due: readonly DueRefund[],
): Promise<readonly (BegunRefund | undefined | Error)[]> {
  const rows = await lockRefunds(tx, due);
  const open = [...rows.refunds.values()].filter(({ known }) => !isRefundOver(known.status));
  const paid = await selectRows(tx, Payment, 'id', [...new Set(open.map(({ known }) => known.payment))]);
  const payments = new Map(paid.map((row) => [row.id, row]));
  const begun = due.map((one) => outcomeOf(() => begin({ ...rows, payments }, one)));
  return storeBegun(tx, Refund, due, begun);
}

type Rows = RefundRows & Readonly<{ payments: ReadonlyMap<string, PaymentRow> }>;

/** What begins of one refund; those after it see what is written of it. @throws GiveUp or NoSuchGateway. */
function begin(rows: Rows, due: DueRefund): (BegunRefund & Beginning<RefundRow>) | undefined {
  const { orderId, refundId, at, gateways, soughtBy } = due;
  const { refund } = knownRefund(rows, due);
  if (isRefundOver(refund.status)) return undefined;
  const payment = rows.payments.get(refund.payment);
  if (!payment?.gatewayReference) throw new GiveUp(`payment ${refund.payment} has nothing at the gateway to refund`);
  const gateway = gateways.named(payment.gateway);
  const operation = operationFor(refund, gateway, { at, isSought: soughtBy !== undefined });
  // Its key ages from its first use. Until it is known to have been used, that may be as long ago as it is old.
  const isFirst = wasNeverAsked(refund) && operation === 'refund';
  const chargingAt = isFirst ? at : (refund.chargingAt ?? refund.createdAt);
  const lastCallAt = operation === 'refund' ? at : (refund.lastCallAt ?? null);
  // The look and what follows from it are one attempt.
  const calls = refund.calls + (soughtBy ? 0 : 1);
  const set = { calls, lastCallAt, chargingAt };
  const known = rows.refunds.get(refundId)?.known ?? refund;
  nowIs(rows.refunds, { ...refund, ...set });
  const call = newCall({ orderId, subjectId: refundId, operation, at });
  return { refund, gateway, operation, reference: payment.gatewayReference, callId: call.id, set, call, known };
}

function operationFor(
  refund: RefundRow,
  gateway: PaymentGateway,
  { at, isSought }: Readonly<{ at: Date; isSought: boolean }>,
): 'refund' | 'look_up' {
  if (isSought && wasNeverAsked(refund)) return 'refund';
  return refund.gatewayReference || mustLookUp(refund, gateway, at) ? 'look_up' : 'refund';
}

/**
 * Takes back what {@link beginRefunds} wrote: the gateway was not asked, or did certainly nothing. Where nobody else has asked it
 * or is at it, and it has not taken the refund up, the refund is again one that was never asked for: its key has not begun to age.
 */
export async function undoRefund(
  tx: EntityManager,
  { refundId, callId, detail, at }: Readonly<{ refundId: string; callId: string; detail: string; at: Date }>,
): Promise<void> {
  const calls: RawQueryFragment = raw('calls - 1');
  await tx.nativeUpdate(Refund, { id: refundId }, { calls });
  const unasked = { id: refundId, status: 'processing' as const, calls: 0, gatewayReference: null };
  await updateRows(tx, Refund, unasked, { chargingAt: null, lastCallAt: null });
  await endCall(tx, callId, { status: 'not_executed', detail }, at);
}
