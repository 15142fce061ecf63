import type { Ask } from './ask.ts';
import { follow, type Following } from './follow.ts';
import { operations, type Order } from './generated/api.ts';
import type { OrdersEvent } from './generated/events.ts';
import { segmentOf } from './path-segment.ts';
import type { Send } from './send.ts';
import { assume } from './trust.ts';

/** How an order shall be watched; `all` is for administrators, who watch the orders of others. */
export type Watching = Omit<Following, 'after'> & Readonly<{ all?: boolean | undefined }>;

/**
 * The order as it is, and again each time its status or that of its payment changes, until nothing more happens by itself: it is
 * paid, its payment has failed, or it is cancelled or refunded. @throws as `follow` and `readOrder` do
 */
export async function* watchOrder(
  ask: Ask,
  send: Send,
  id: string,
  { all = false, ...following }: Watching,
): AsyncGenerator<Order, void> {
  // Before the stream is opened, which would be for nothing.
  segmentOf('id', id);
  let told = '';
  for await (const news of follow<OrdersEvent>(send, `/streams/orders${all ? '?all=true' : ''}`, following)) {
    // What has happened before the stream was open, or in a gap of it, is in the order itself.
    if ('subject' in news && news.subject !== id) continue;
    const order = await ask(operations.readOrder, { id }, { signal: following.signal });
    assume<Order>(order);
    const state = `${order.status} ${order.payment?.status}`;
    if (state !== told) yield order;
    told = state;
    if (order.status !== 'pending') return;
  }
}
