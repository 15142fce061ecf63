import { type EntityManager, raw } from '@mikro-orm/mysql';
import { decimalsOf } from '../money/money.ts';
import { Order, OrderLine } from '../entities/orders.entity.ts';
import { Payment, Refund } from '../entities/payments.entity.ts';
import type { ListedCharge } from '../gateways/payments/payment-gateway.ts';
import { lockKnownOrder } from '../orders/order.ts';

/** What the comparison of an old order with the gateway's books came to. */
export type Mending = 'same' | 'mended' | 'differs';

/**
 * Whether the amounts of an order, stored when the platform's display data said how many decimals its currency has, are what
 * the gateway says of its charge. When they are that but for the decimals that were missing, all amounts of the order get
 * them. Twice is harmless: then they are the same.
 */
export async function mendScale(
  tx: EntityManager,
  charge: Readonly<{ orderId: string; paymentId: string; told: ListedCharge }>,
): Promise<Mending> {
  const { orderId: order, paymentId: id, told } = charge;
  const { currency } = await lockKnownOrder(tx, order);
  const { amountMinor } = await tx.findOneOrFail(Payment, { id, order }, { disableIdentityMap: true });
  if (told.currency !== currency) return 'differs';
  if (told.amountMinor === amountMinor) return 'same';
  const factor = 10 ** decimalsOf(currency);
  if (told.amountMinor !== amountMinor * factor) return 'differs';
  const scaled = (column: string) => raw(`${column} * ?`, [factor]);
  const [totalMinor, refundedMinor] = [scaled('total_minor'), scaled('refunded_minor')];
  await tx.nativeUpdate(Order, { id: order }, { totalMinor, refundedMinor });
  const [unitPriceMinor, lineTotalMinor] = [scaled('unit_price_minor'), scaled('line_total_minor')];
  await tx.nativeUpdate(OrderLine, { order }, { unitPriceMinor, lineTotalMinor });
  await tx.nativeUpdate(Payment, { order, currency }, { amountMinor: scaled('amount_minor') });
  await tx.nativeUpdate(Refund, { order, currency }, { amountMinor: scaled('amount_minor') });
  return 'mended';
}
