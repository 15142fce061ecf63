import { useState } from 'preact/hooks';
import { askOnce, lossOf } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { amountLeft, formatMoney, leastOf } from './money.ts';
import type { Order } from './use-orders.ts';

type Shown = Readonly<{ order: Order; onDone(): Promise<void> }>;

/** Gives money back: how much of what is left, why, and, once that has been read again, that it is meant. */
export function RefundForm({ order, onDone }: Shown) {
  const { currency } = order;
  const left = amountLeft(order.total_amount, order.refunded_amount, currency);
  const { typed, type, isReviewed, review, said, isBusy, failure, refund } = useRefund({ order, onDone });
  const amount = typed ?? left;
  const [reason, setReason] = useState('');
  const money = formatMoney(Number(amount), currency);
  const body = { amount: Number(amount), ...(reason.trim() && { reason: reason.trim() }) };
  const submit = (event: Event) => {
    event.preventDefault();
    review(true);
  };
  return (
    <form class="fields" aria-label="Refund" onSubmit={submit}>
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
          onInput={({ currentTarget }) => type(currentTarget.value)}
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
        <Review money={money} isBusy={isBusy} onYes={() => void refund(body)} onNo={() => review(false)} />
      ) : (
        <button type="submit">Give back {money}</button>
      )}
      <p role="status">{said}</p>
      <p role="alert">{failure}</p>
    </form>
  );
}

/** One refund after the other: each is typed, reviewed and confirmed by itself. */
function useRefund({ order: { id, refunds }, onDone }: Shown) {
  const [typed, setTyped] = useState<string>();
  // What was reviewed is no longer what is asked about once another refund has been made, by whomever.
  const [reviewed, setReviewed] = useState<number>();
  const [said, setSaid] = useState('');
  const { isBusy, failure, run } = useDeed();
  const refund = (body: object) =>
    run(async () => {
      setSaid('');
      try {
        setSaid(lossOf(await askOnce(`/orders/${id}/refund`, body, refunds.length)));
        // The next one begins anew, also where the order cannot be read now: one more click is no second refund.
        setReviewed(undefined);
        setTyped(undefined);
      } finally {
        // Also after a refusal: somebody else may have been quicker.
        await onDone();
      }
    });
  return {
    typed,
    type: setTyped,
    isReviewed: reviewed === refunds.length,
    review: (isReviewed: boolean) => setReviewed(isReviewed ? refunds.length : undefined),
    said,
    isBusy,
    failure,
    refund,
  };
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
