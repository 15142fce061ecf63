import { useState } from 'preact/hooks';
import { askOnce, lossOf } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { amountLeft, formatMoney, leastOf } from './money.ts';
import type { Order } from './use-orders.ts';

type Shown = Readonly<{ order: Order; onDone(): void }>;

/** Gives money back: how much of what is left, why, and, once that has been read again, that it is meant. */
export function RefundForm({ order, onDone }: Shown) {
  const { currency } = order;
  const left = amountLeft(order.total_amount, order.refunded_amount, currency);
  const [amount, setAmount] = useState(left);
  const [reason, setReason] = useState('');
  const [isReviewed, setIsReviewed] = useState(false);
  const [said, setSaid] = useState('');
  const { isBusy, failure, run } = useDeed();
  const money = formatMoney(Number(amount), currency);
  const body = { amount: Number(amount), ...(reason.trim() && { reason: reason.trim() }) };
  const refund = () =>
    run(async () => {
      setSaid('');
      // Also after a refusal: somebody else may have been quicker.
      setSaid(lossOf(await askOnce(`/orders/${order.id}/refund`, body, order.refunds.length).finally(onDone)));
    });
  const review = (event: Event) => {
    event.preventDefault();
    setIsReviewed(true);
  };
  return (
    <form class="fields" aria-label="Refund" onSubmit={review}>
      <label>
        Amount, {currency}
        <input
          type="number"
          required
          min={leastOf(currency)}
          max={left}
          step={leastOf(currency)}
          value={amount}
          readOnly={isReviewed}
          onInput={({ currentTarget }) => setAmount(currentTarget.value)}
        />
      </label>
      <label>
        Reason
        <input
          maxLength={200}
          value={reason}
          readOnly={isReviewed}
          placeholder="kept with the refund"
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </label>
      {isReviewed ? (
        <Review money={money} isBusy={isBusy} onYes={() => void refund()} onNo={() => setIsReviewed(false)} />
      ) : (
        <button type="submit">Give back {money}</button>
      )}
      <p role="status">{said}</p>
      <p role="alert">{failure}</p>
    </form>
  );
}

type Reviewed = Readonly<{ money: string; isBusy: boolean; onYes(): void; onNo(): void }>;

function Review({ money, isBusy, onYes, onNo }: Reviewed) {
  return (
    <div class="deeds" role="group" aria-label="Is it meant?">
      <p>Give {money} back to the buyer? It cannot be taken back.</p>
      <button type="button" class="main" aria-disabled={isBusy} onClick={onYes}>
        {isBusy ? 'Giving back' : `Yes, give ${money} back`}
      </button>
      <button type="button" onClick={onNo}>
        No
      </button>
    </div>
  );
}
