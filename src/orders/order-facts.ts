import type { Order } from '../entities/order.entity.ts';
import type { InferEntity } from '@mikro-orm/mysql';
import { toMajor } from './money.ts';

/** What every event about an order says of it. */
export function orderFacts(order: Pick<InferEntity<typeof Order>, 'id' | 'user' | 'totalMinor' | 'currency'>) {
  return {
    order_id: order.id,
    user_id: order.user,
    total_amount: toMajor(order.totalMinor, order.currency),
    currency: order.currency,
  };
}
