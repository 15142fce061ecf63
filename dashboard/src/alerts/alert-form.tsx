import { useEffect, useState } from 'preact/hooks';
import { formatPrice } from '../../../src/market/price-words.ts';
import { askOnce } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { useBasket } from '../shop/basket.ts';
import type { Alert, PickedPrice } from './symbol-alerts.tsx';

const kinds = ['above', 'below', 'percent'] as const;
type Kind = (typeof kinds)[number];

type Form = Readonly<{ symbol: string; price: number; picked: PickedPrice | undefined; onMade(): void }>;

/** Makes an alert, beginning with the newest price, or one picked in the chart; what is in the basket can be ordered when it fires. */
export function AlertForm({ symbol, price, picked, onMade }: Form) {
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
  useEffect(() => {
    if (!picked) return;
    setKind(picked.price < price ? 'below' : 'above');
    setLevel(levelOf(picked.price));
  }, [picked]);
  return (
    <form class="new-alert" onSubmit={onSubmit}>
      <p class="faint" role="status">
        {picked && level === levelOf(picked.price)
          ? `${formatPrice(picked.price)}, from the chart.`
          : 'Click at a price in the chart, or press Enter on a candle, to be told when it is reached.'}
      </p>
      <KindChoice kind={kind} onChoose={choose} />
      <NumberField name={kind === 'percent' ? 'Percent' : 'Price'} value={level} isNeeded onSet={setLevel} />
      {items.length > 0 && (
        <NumberField name="Order the basket, for at most" value={most} isNeeded={false} onSet={setMost} />
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

/** A price between two pixels, in as many digits as a price is written with. */
function levelOf(price: number): string {
  return formatPrice(price).replaceAll(',', '');
}

function KindChoice({ kind, onChoose }: Readonly<{ kind: Kind; onChoose(kind: Kind): void }>) {
  return (
    <label>
      Tell me when it is
      <select
        value={kind}
        onChange={({ currentTarget: { value } }) => onChoose(kinds.find((one) => one === value) ?? kind)}
      >
        <option value="above">above a price</option>
        <option value="below">below a price</option>
        <option value="percent">moved by percent</option>
      </select>
    </label>
  );
}

type Field = Readonly<{ name: string; value: string; isNeeded: boolean; onSet(value: string): void }>;

function NumberField({ name, value, isNeeded, onSet }: Field) {
  return (
    <label>
      {name}
      <input
        type="number"
        min="0"
        step="any"
        required={isNeeded}
        placeholder={isNeeded ? '' : 'no order'}
        value={value}
        onInput={({ currentTarget }) => onSet(currentTarget.value)}
        aria-describedby="alert-refusal"
      />
    </label>
  );
}
