import { randomUUIDv7 } from 'node:crypto';
import { type EntityManager, type InferEntity, raw, type RawQueryFragment } from '@mikro-orm/mysql';
import { GatewayCall, type GatewayOperation, Payment, type Refund } from '../entities/payments.entity.ts';
import { RateLimited } from '../errors.ts';
import { isKeyStale, type PaymentGateway, type PaymentGateways } from '../gateways/payments/payment-gateway.ts';
import { insertRows, updateRows } from '../mysql/rows.ts';
import { knownPayment, type PaymentRow } from '../orders/order.ts';
import { arePaymentsPaused } from '../jobs/pause.ts';
import { endCall } from './settle-payment.ts';
import { paymentMoves } from '../orders/transitions.ts';

/** What is about to be said to the gateway. It is committed before anything is said. */
export type Begun = Readonly<{
  payment: PaymentRow;
  gateway: PaymentGateway;
  operation: GatewayOperation;
  callId: string;
}>;

type DueCharge = Readonly<{ orderId: string; paymentId: string; at: Date; gateways: PaymentGateways }>;

const pauseCheckMs = 1_000;

/**
 * Writes down the next conversation about a payment, or returns undefined when it needs none any more. What is charged is
 * what stands in the row now: once the gateway may have been asked, nobody changes it.
 * @throws RateLimited when payments are stopped and the conversation would be a first charge; NoSuchGateway.
 */
export async function beginCharge(
  tx: EntityManager,
  { orderId, paymentId, at, gateways }: DueCharge,
): Promise<Begun | undefined> {
  const payment = await knownPayment(tx, { orderId, paymentId }, { lock: true });
  if (paymentMoves[payment.status].length === 0) return undefined;
  // The pause in Redis can be lost for a moment; this one cannot.
  if (!payment.chargingAt && (await arePaymentsPaused(tx))) throw new RateLimited(pauseCheckMs);
  const gateway = gateways.named(payment.gateway);
  const operation = operationFor(payment, gateway, at);
  const chargingAt = payment.chargingAt ?? at;
  const changes = { calls: payment.calls + 1, lastCallAt: at, chargingAt, toldReference: null };
  await updateRows(tx, Payment, { id: paymentId }, changes);
  return { payment, gateway, operation, callId: await beginCall(tx, { orderId, subjectId: paymentId, operation, at }) };
}

/** Takes back what {@link beginCharge} wrote: the gateway was not asked, or did certainly nothing. */
export async function undoCharge(
  tx: EntityManager,
  { paymentId, callId, detail, at }: Readonly<{ paymentId: string; callId: string; detail: string; at: Date }>,
): Promise<void> {
  const calls: RawQueryFragment = raw('calls - 1');
  await tx.nativeUpdate(Payment, { id: paymentId }, { calls });
  await endCall(tx, callId, { status: 'not_executed', detail }, at);
}

/** Writes down that a conversation with the gateway begins, and returns its id. */
export async function beginCall(
  tx: EntityManager,
  call: Readonly<{ orderId: string; subjectId: string; operation: GatewayOperation; at: Date; eventId?: string }>,
): Promise<string> {
  const { orderId: order, subjectId, operation, at: startedAt, eventId = null } = call;
  const id = randomUUIDv7();
  await insertRows(tx, GatewayCall, [{ id, order, subjectId, operation, startedAt, eventId }]);
  return id;
}

function operationFor(payment: PaymentRow, gateway: PaymentGateway, at: Date): 'charge' | 'look_up' {
  const isToBeFound = payment.status === 'requires_action' || payment.toldReference;
  return isToBeFound || mustLookUp(payment, gateway, at) ? 'look_up' : 'charge';
}

/**
 * Whether what became of a call is to be looked up instead of asked for with its key: always when the key is too old,
 * and every third time, because a gateway may answer a key with its own old error for ever.
 */
export function mustLookUp(
  { chargingAt, calls }: Pick<InferEntity<typeof Refund>, 'chargingAt' | 'calls'>,
  gateway: PaymentGateway,
  at: Date,
): boolean {
  if (!chargingAt) return false;
  return isKeyStale(gateway, chargingAt, at) || (calls + 1) % 3 === 0;
}
