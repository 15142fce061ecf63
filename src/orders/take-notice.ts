import type { EntityManager } from '@mikro-orm/mysql';
import { Payment } from '../entities/payment.entity.ts';
import type { Notice } from '../gateways/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { selectRow } from '../rows.ts';
import { beginCall } from './begin-charge.ts';
import { lockOrder } from './lock-order.ts';
import { endCall, settlePayment } from './settle-payment.ts';
import { paymentMoves } from './transitions.ts';

/** What became of a notice. */
export type Taken = 'not_ours' | 'known' | 'looked_up' | 'settled';

/**
 * Takes in what the gateway tells of its own accord. Only what is final there settles a payment here: a refusal before the
 * buyer's eyes can still be overcome by the buyer, so the gateway is asked, by the job that `lookUp` asks for.
 */
export async function takeNotice(
  tx: EntityManager,
  after: AfterCommit,
  { gateway, type, orderId, paymentId, outcome }: Notice,
  at: Date,
  lookUp: (orderId: string, paymentId: string) => void,
): Promise<Taken> {
  if (!(await lockOrder(tx, orderId))) return 'not_ours';
  const payment = await selectRow(tx, Payment, { id: paymentId, order: orderId, gateway });
  if (!payment) return 'not_ours';
  if (!paymentMoves[payment.status].includes(outcome.status)) return 'known';
  const callId = await beginCall(tx, { orderId, subjectId: paymentId, operation: 'webhook', at });
  if (payment.status === 'requires_action' && outcome.status === 'failed') {
    await endCall(tx, callId, { status: type }, at);
    lookUp(orderId, paymentId);
    return 'looked_up';
  }
  await settlePayment(tx, after, { orderId, paymentId, outcome, at, callId });
  return 'settled';
}
