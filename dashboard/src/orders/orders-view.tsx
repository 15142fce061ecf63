import { mainId } from '../parts/hold-focus.ts';
import type { StagedFor } from '../frame/staged.ts';
import { OrderList } from './order-list.tsx';
import { OrderPage } from './order-page.tsx';

/** All of one's own orders, or everybody's, and the page of each. */
export function OrdersView({ user, item, onOrders }: StagedFor) {
  return (
    <main class="page" id={mainId}>
      {item === undefined ? <OrderList user={user} onState={onOrders} /> : <OrderPage id={item} user={user} />}
    </main>
  );
}
