import { useState } from 'preact/hooks';
import { askOnce, lossOf } from '../api/ask-api.ts';
import { settings } from '../api/settings.ts';
import { useDeed } from '../api/use-deed.ts';
import { CardChoice, usualCard } from './cards.tsx';
import { RefundForm } from './refund-form.tsx';
import type { Order } from './use-orders.ts';

type Shown = Readonly<{
  order: Order;
  mayRefund: boolean;
  /** Whether what a refund needs is there at once. */
  isOpen?: boolean;
  onChange(): Promise<void>;
}>;

/** What may be done with an order as it is. */
export function OrderDeeds({ order, mayRefund, isOpen = false, onChange }: Shown) {
  const { status, payment, refunds } = order;
  const isUnpaid = status === 'payment_failed' || (status === 'pending' && payment === null);
  const isPaid = (status === 'paid' || status === 'partially_refunded') && !refunds.some(isUnderWay);
  if (isUnpaid) return <Unpaid order={order} onChange={onChange} />;
  if (payment?.status === 'requires_action') return <Awaited order={order} onChange={onChange} />;
  return isPaid && mayRefund ? <Refundable order={order} startsOpen={isOpen} onChange={onChange} /> : null;
}

/** Whether the gateway has yet to say what becomes of a refund. */
export const isUnderWay = ({ status }: Order['refunds'][number]): boolean =>
  status === 'processing' || status === 'unknown';

type Acting = Readonly<{ order: Order; onChange(): Promise<void> }>;

function Unpaid({ order, onChange }: Acting) {
  const [card, setCard] = useState<string>(usualCard);
  const { isBusy, said, failure, act } = useActs(order, onChange);
  return (
    <div class="fields" role="group" aria-label="Pay or cancel">
      {settings.isDemo && (
        <>
          <CardChoice card={card} onChoose={setCard} />
          <button type="button" aria-disabled={isBusy} onClick={() => act('pay', { payment_method: card })}>
            Pay
          </button>
        </>
      )}
      <button type="button" aria-disabled={isBusy} onClick={() => act('cancel', {})}>
        Cancel the order
      </button>
      <p role="status">{said}</p>
      <p role="alert">{failure}</p>
    </div>
  );
}

/** Its buyer has to confirm it where the bank says; the sandbox has a page for that. */
function Awaited({ order, onChange }: Acting) {
  const { isBusy, said, failure, act } = useActs(order, onChange);
  // The secret is the buyer's alone; what it begins with is the intent's public id, as for the gateway's own script.
  const [intent] = order.payment?.client_secret?.split('_secret_') ?? [];
  return (
    <div class="fields" role="group" aria-label="Confirm or cancel">
      {settings.bank && intent && (
        <a href={new URL(`/payment_intents/${intent}/authenticate`, settings.bank).href}>Confirm the payment</a>
      )}
      <button type="button" aria-disabled={isBusy} onClick={() => act('cancel', {})}>
        Cancel the order
      </button>
      <p role="status">{said}</p>
      <p role="alert">{failure}</p>
    </div>
  );
}

function useActs({ id, payment }: Order, onChange: () => Promise<void>) {
  const { isBusy, failure, run } = useDeed();
  const [said, setSaid] = useState('');
  const act = (deed: string, body: object) =>
    void run(async () => {
      setSaid('');
      try {
        // Who pays once more after another refusal means another payment.
        setSaid(lossOf(await askOnce(`/orders/${id}/${deed}`, body, payment?.id)));
      } finally {
        // Also after a refusal: somebody else may have been quicker.
        await onChange();
      }
    });
  return { isBusy, said, failure, act };
}

type Refunding = Readonly<{ order: Order; startsOpen: boolean; onChange(): Promise<void> }>;

function Refundable({ order, startsOpen, onChange }: Refunding) {
  const [isOpen, setIsOpen] = useState(startsOpen);
  return (
    <>
      <p class="deeds">
        <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          Refund
        </button>
      </p>
      {isOpen && <RefundForm order={order} onDone={onChange} />}
    </>
  );
}
