import { useRef } from 'preact/hooks';
import { askOnce } from '../api/ask-api.ts';
import { Refused } from '../api/refused.ts';
import { type Deed, useDeed } from '../api/use-deed.ts';
import { go, pathOf } from '../frame/address.ts';
import type { Order } from '../orders/use-orders.ts';

/** Places an order, once however often somebody clicks, and goes to its page. */
export function useOrdering(onPlaced: () => void): Deed & Readonly<{ place(wish: object, total: number): void }> {
  const deed = useDeed();
  // A rate may move while an answer is lost: what was asked for then is asked for again, to the cent, or it would be two orders.
  const open = useRef<Readonly<{ wish: object; body: object }>>(undefined);
  const place = async (wish: object, total: number) => {
    // The total that was shown goes with it: a price that has changed is told, and not charged.
    const body = open.current?.wish === wish ? open.current.body : { ...wish, total_amount: total };
    open.current = { wish, body };
    const { answer } = await askOnce<Order>('/orders', body).catch((error: unknown) => {
      if (!(error instanceof Refused && error.isUndecided)) open.current = undefined;
      throw error;
    });
    onPlaced();
    go(pathOf('orders', answer.id));
  };
  return { ...deed, place: (wish, total) => void deed.run(() => place(wish, total)) };
}
