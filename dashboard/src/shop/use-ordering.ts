import { useState } from 'preact/hooks';
import { askOnce } from '../api/ask-api.ts';
import { Refused } from '../api/refused.ts';
import { type Deed, useDeed } from '../api/use-deed.ts';
import { go, pathOf } from '../frame/address.ts';
import type { Order } from '../orders/use-orders.ts';
import type { Preview } from './use-preview.ts';

type Ordering = Readonly<{
  /** What a wish was to cost whose answer is lost: it is asked for again at that, to the cent, or it would be two orders. */
  lostOf(wish: object): Preview | undefined;
  place(wish: object, preview: Preview): void;
}>;

/** Places an order, once however often somebody clicks, and goes to its page. */
export function useOrdering(onPlaced: () => void): Deed & Ordering {
  const deed = useDeed();
  const [lost, setLost] = useState<Readonly<{ wish: object; preview: Preview }>>();
  const place = async (wish: object, preview: Preview) => {
    // The total that was shown goes with it: a price that has changed is told, and not charged.
    const body = { ...wish, total_amount: preview.total_amount };
    const { answer } = await askOnce<Order>('/orders', body).catch((error: unknown) => {
      setLost(error instanceof Refused && error.isUndecided ? { wish, preview } : undefined);
      throw error;
    });
    onPlaced();
    go(pathOf('orders', answer.id));
  };
  return {
    ...deed,
    lostOf: (wish) => (lost?.wish === wish ? lost.preview : undefined),
    place: (wish, preview) => void deed.run(() => place(wish, preview)),
  };
}
