import { useState } from 'preact/hooks';
import { askOnce } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { useBasket } from '../shop/basket.ts';
import type { Alert } from './symbol-alerts.tsx';

const kinds = ['above', 'below', 'percent'] as const;
type Kind = (typeof kinds)[number];

type Form = Readonly<{ symbol: string; price: number; onMade(): void }>;

/** Makes an alert, beginning with the price that the chart shows; what is in the basket can be ordered when it fires. */
export function AlertForm({ symbol, price, onMade }: Form) {
  const [kind, setKind] = useState<Kind>('above');
  const [level, setLevel] = useState(String(price));
  const [isOnce, setOnce] = useState(true);
  const [most, setMost] = useState('');
  const { lines } = useBasket();
  const { isBusy, failure, run } = useDeed();
  const items = lines.map(({ id, quantity }) => ({ product_id: id, quantity }));
  const onSubmit = (event: Event) => {
    event.preventDefault();
    const order = most === '' || items.length === 0 ? {} : { order: { items, max_total: Number(most) } };
    void run(async () => {
      await askOnce<Alert>('/market/alerts', { symbol, [kind]: Number(level), once: isOnce, ...order });
      onMade();
    });
  };
  const choose = (chosen: Kind) => {
    setKind(chosen);
    setLevel(chosen === 'percent' ? '5' : String(price));
  };
  return (
    <form class="new-alert" onSubmit={onSubmit}>
      <label>
        Tell me when it is
        <select
          value={kind}
          onChange={({ currentTarget: { value } }) => choose(kinds.find((one) => one === value) ?? kind)}
        >
          <option value="above">above a price</option>
          <option value="below">below a price</option>
          <option value="percent">moved by percent</option>
        </select>
      </label>
      <label>
        {kind === 'percent' ? 'Percent' : 'Price'}
        <input
          type="number"
          min="0"
          step="any"
          required
          value={level}
          onInput={({ currentTarget }) => setLevel(currentTarget.value)}
          aria-describedby="alert-refusal"
        />
      </label>
      {items.length > 0 && (
        <label>
          Order the basket, for at most
          <input
            type="number"
            min="0"
            step="any"
            placeholder="no order"
            value={most}
            onInput={({ currentTarget }) => setMost(currentTarget.value)}
          />
        </label>
      )}
      <label class="once">
        <input type="checkbox" checked={isOnce} onChange={({ currentTarget }) => setOnce(currentTarget.checked)} />
        Once
      </label>
      <button type="submit" aria-disabled={isBusy}>
        {isBusy ? 'Asking' : 'Set the alert'}
      </button>
      <p role="alert" id="alert-refusal">
        {failure}
      </p>
    </form>
  );
}
