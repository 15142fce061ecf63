import { randomUUIDv7 } from 'node:crypto';
import { type EntityManager, type EntityName, raw, type RawQueryFragment } from '@mikro-orm/mysql';
import { GatewayCall, type GatewayOperation, Payment } from '../entities/payments.entity.ts';
import { GiveUp, RateLimited } from '../errors.ts';
import {
  type Charge,
  isKeyStale,
  type PaymentGateway,
  type PaymentGateways,
} from '../gateways/payments/payment-gateway.ts';
import { type Columns, insertRows, selectRows, updateEach, updateRows } from '../mysql/rows.ts';
import type { CancelReason } from '../orders/cancel-order.ts';
import type { PaymentRow, RefundRow } from '../orders/order.ts';
import { unlessPaymentsPaused } from '../jobs/pause.ts';
import { outcomeOf } from '../outbox/batch.ts';
import { endCall, endOf } from './settle-payment.ts';
import { paymentMoves } from '../orders/transitions.ts';

/** What is about to be said to the gateway. It is committed before anything is said. */
export type Begun = Readonly<{
  payment: PaymentRow;
  gateway: PaymentGateway;
  operation: GatewayOperation;
  callId: string;
}>;

/** A row as it stands in the table, and as it is once all that came before is written. */
export type Seen<Row> = Readonly<{ known: Row; now: Row }>;
/** What begins of a row, as the table has it: what is written of that, and the conversation. */
export type Beginning<Row> = Readonly<{ known: Row; set: Columns<Row>; call: NewCall }>;

/** A payment that may have to be charged. */
export type DueCharge = Readonly<{
  orderId: string;
  paymentId: string;
  at: Date;
  gateways: PaymentGateways;
  /** The look by which the gateway has no charge of a payment that, as far as is known, was never asked for: it may be now. */
  soughtBy?: string | undefined;
}>;

const pauseCheckMs = 1_000;
/** How a look ended that has found nothing, and after which the gateway is asked. */
export const nothingFound = { status: 'nothing_found' };

/**
 * Writes down the next conversation about each payment; undefined for one that needs none any more. What is charged is what
 * stands in the row now: once the gateway may have been asked, nobody changes it. RateLimited is the outcome of what would
 * be a first charge while payments are stopped, NoSuchGateway and GiveUp those of rows that cannot be charged.
 */
export async function beginCharges(
  tx: EntityManager,
  due: readonly DueCharge[],
): Promise<readonly (Begun | undefined | Error)[]> {
  const ids = new Set(due.map(({ paymentId }) => paymentId));
  const rows = await selectRows(tx, Payment, 'id', [...ids], { lock: true });
  const payments = new Map(rows.map((row) => [row.id, { known: row, now: row }]));
  const begun = due.map((one) => outcomeOf(() => begin(payments, one)));
  return storeBegun(tx, Payment, due, begun);
}

type Asked = Readonly<{ soughtBy?: string | undefined; at: Date }>;
type Askable = Pick<RefundRow, 'id' | 'lastCallAt' | 'gatewayReference'>;

/**
 * Writes what has begun of each row, which is locked, and how the looks have ended from which that follows. RateLimited is the
 * outcome of what would be the first that is asked of the gateway while payments are stopped: nothing of it is written.
 */
export async function storeBegun<Row extends Askable, Begins extends Beginning<Row>>(
  tx: EntityManager,
  entity: EntityName<Row>,
  due: readonly Asked[],
  begun: readonly (Begins | undefined | Error)[],
): Promise<readonly (Begins | undefined | Error)[]> {
  const beginnings = begun.flatMap((one) => (one && !(one instanceof Error) ? [one] : []));
  const sought = due.flatMap(({ soughtBy: id, at }) => (id ? [{ id, set: endOf(nothingFound, at) }] : []));
  await updateEach(tx, GatewayCall, sought, { endedAt: null });
  const last = new Map(beginnings.map(({ known: { id }, known, set }) => [id, { id, set, known }]));
  const [first, again] = [[...last.values()].filter(isFirst), [...last.values()].filter((one) => !isFirst(one))];
  await updateEach(tx, entity, again);
  // The pause in Redis can be lost for a moment; this one cannot.
  const isPaused = (await updateEach(tx, entity, first, undefined, unlessPaymentsPaused)) < first.length;
  const isHeld = (one: Begins) => isPaused && isFirst(one);
  await insertRows(
    tx,
    GatewayCall,
    beginnings.filter((one) => !isHeld(one)).map(({ call }) => call),
  );
  return begun.map((one) => (one && !(one instanceof Error) && isHeld(one) ? new RateLimited(pauseCheckMs) : one));
}

function isFirst({ known }: Readonly<{ known: Askable }>): boolean {
  return wasNeverAsked(known);
}

/** Whether nobody is known to have asked the gateway for it: neither this row, nor one that was restored since, says so. */
export function wasNeverAsked({
  lastCallAt,
  gatewayReference,
}: Pick<RefundRow, 'lastCallAt' | 'gatewayReference'>): boolean {
  return !lastCallAt && !gatewayReference;
}

/** What begins of one payment; those after it see what is written of it. @throws GiveUp or NoSuchGateway. */
function begin(payments: Map<string, Seen<PaymentRow>>, due: DueCharge): (Begun & Beginning<PaymentRow>) | undefined {
  const { orderId, paymentId, at, gateways, soughtBy } = due;
  const payment = payments.get(paymentId)?.now;
  if (payment?.order !== orderId) throw new GiveUp(`order ${orderId} has no payment ${paymentId}`);
  if (paymentMoves[payment.status].length === 0) return undefined;
  const gateway = gateways.named(payment.gateway);
  const isFirstCharge = wasNeverAsked(payment);
  const operation = soughtBy && isFirstCharge && !payment.toldReference ? 'charge' : operationFor(payment, gateway, at);
  // Its key ages from its first use. Until it is known to have been used, that may be as long ago as it is old.
  const chargingAt = isFirstCharge && operation === 'charge' ? at : (payment.chargingAt ?? payment.createdAt);
  // Whoever looks for a charge looks where it was asked for: looking must not make that more.
  const lastCallAt = operation === 'charge' ? at : (payment.lastCallAt ?? null);
  // The look and what follows from it are one attempt.
  const calls = payment.calls + (soughtBy ? 0 : 1);
  const set = { calls, lastCallAt, chargingAt, toldReference: null };
  const known = payments.get(paymentId)?.known ?? payment;
  payments.set(paymentId, { known, now: { ...payment, ...set } });
  const call = newCall({ orderId, subjectId: paymentId, operation, at });
  return { payment, gateway, operation, callId: call.id, set, call, known };
}

/**
 * Takes back what {@link beginCharges} wrote: the gateway was not asked, or did certainly nothing. Where nobody else has asked it
 * or is at it, the payment is again one that was never charged: it may be cancelled or changed, and its key has not begun to age.
 */
export async function undoCharge(
  tx: EntityManager,
  { paymentId, callId, detail, at }: Readonly<{ paymentId: string; callId: string; detail: string; at: Date }>,
): Promise<void> {
  const calls: RawQueryFragment = raw('calls - 1');
  await tx.nativeUpdate(Payment, { id: paymentId }, { calls });
  // Another attempt that has begun, or died in the middle of its call, is still counted.
  await updateRows(
    tx,
    Payment,
    { id: paymentId, status: 'processing', calls: 0 },
    { chargingAt: null, lastCallAt: null },
  );
  await endCall(tx, callId, { status: 'not_executed', detail }, at);
}

type Call = Readonly<{
  orderId: string;
  subjectId: string;
  operation: GatewayOperation;
  at: Date;
  eventId?: string;
  /** Of one that ends a payment: why nobody waits for it any longer. */
  why?: CancelReason;
}>;
type NewCall = ReturnType<typeof newCall>;

/** Writes down that a conversation with the gateway begins, and returns its id. */
export async function beginCall(tx: EntityManager, call: Call): Promise<string> {
  const row = newCall(call);
  await insertRows(tx, GatewayCall, [row]);
  return row.id;
}

/** What a gateway is told of a payment that it is to charge. */
export function chargeOf(payment: PaymentRow): Charge {
  const { gatewayKey: key, order: orderId, id: paymentId, amountMinor, currency, method } = payment;
  return { key, orderId, paymentId, amountMinor, currency, method };
}

/** A conversation with the gateway that begins, as its row. */
export function newCall({ orderId: order, subjectId, operation, at: startedAt, eventId, why }: Call) {
  const told = { detail: why ?? null, eventId: eventId ?? null };
  return { id: randomUUIDv7(), order, subjectId, operation, startedAt, ...told };
}

function operationFor(payment: PaymentRow, gateway: PaymentGateway, at: Date): 'charge' | 'look_up' {
  const isToBeFound = payment.status === 'requires_action' || payment.toldReference;
  return isToBeFound || mustLookUp(payment, gateway, at) ? 'look_up' : 'charge';
}

/**
 * Whether what became of a call is to be looked up instead of asked for with its key: always when the key may be too old,
 * and every third time, because a gateway may answer a key with its own old error for ever. A row that says that nobody has asked
 * may be of a backup, and its key have been used since: one that is as old as keys are good for is looked up before it is asked for.
 */
export function mustLookUp(
  { createdAt, chargingAt, calls }: Pick<RefundRow, 'createdAt' | 'chargingAt' | 'calls'>,
  gateway: PaymentGateway,
  at: Date,
): boolean {
  if (isKeyStale(gateway, chargingAt ?? createdAt, at)) return true;
  return Boolean(chargingAt) && (calls + 1) % 3 === 0;
}
