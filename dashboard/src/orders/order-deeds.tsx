import { askOnce } from '../api/ask-api.ts';
import { settings } from '../api/settings.ts';
import { useDeed } from '../api/use-deed.ts';
import type { Order } from './use-orders.ts';

type Shown = Readonly<{ order: Order; mayRefund: boolean; onChange(): void }>;
type Deed = Readonly<{ name: string; path: string; body?: object }>;

/** What may be done with an order as it is. */
export function OrderDeeds({ order, mayRefund, onChange }: Shown) {
  const { isBusy, failure, run } = useDeed();
  const deeds = deedsOf(order, mayRefund);
  // Also after a refusal: somebody else may have been quicker.
  const act = ({ path, body = {} }: Deed) => run(() => askOnce(`/orders/${order.id}/${path}`, body).finally(onChange));
  return (
    <>
      {deeds.length > 0 && (
        <p class="deeds">
          {deeds.map((deed) => (
            <button key={deed.name} type="button" aria-disabled={isBusy} onClick={() => void act(deed)}>
              {deed.name}
            </button>
          ))}
        </p>
      )}
      <p role="alert">{failure}</p>
    </>
  );
}

/** Whether the gateway has yet to say what becomes of a refund. */
export const isUnderWay = ({ status }: Order['refunds'][number]): boolean =>
  status === 'processing' || status === 'unknown';

function deedsOf({ status, payment, refunds }: Order, mayRefund: boolean): Deed[] {
  const isUnpaid = status === 'payment_failed' || (status === 'pending' && payment === null);
  const isPaid = (status === 'paid' || status === 'partially_refunded') && !refunds.some(isUnderWay);
  return [
    // The page has no form for cards; in the demo every customer has the same one.
    ...(isUnpaid && settings.isDemo ? [{ name: 'Pay', path: 'pay', body: { payment_method: 'pm_card_visa' } }] : []),
    ...(isUnpaid ? [{ name: 'Cancel', path: 'cancel' }] : []),
    ...(isPaid && mayRefund ? [{ name: 'Refund', path: 'refund' }] : []),
  ];
}
