import { useState } from 'preact/hooks';
import { formatMoney } from '../orders/money.ts';
import { type Line, totalsOf } from './basket.ts';
import { stockOf } from './product.ts';
import type { Preview } from './use-preview.ts';

type Shown = Readonly<{ line: Line; preview: Preview | undefined; onSet(quantity: number): void }>;

/** So many of a product, what they cost now, and how many are left. */
export function BasketLine({ line, preview, onSet }: Shown) {
  const { id, title, currency, quantity } = line;
  // A line is drawn anew when what it costs has been read again, which may be in the midst of typing.
  const [typed, setTyped] = useState<string>();
  const priced = preview?.items.find(({ product_id: product }) => product === id);
  const money =
    preview && priced
      ? formatMoney(priced.line_total, preview.currency)
      : formatMoney(totalsOf([line]).get(currency) ?? 0, currency);
  return (
    <li data-line={id}>
      <span>
        {title} <span class="faint">{priced && stockOf(priced)}</span>
      </span>
      <input
        type="number"
        min="1"
        max="1000"
        required
        aria-label={`Quantity of ${title}`}
        value={typed ?? quantity}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        onChange={({ currentTarget }) => onSet(Number(currentTarget.value))}
        onBlur={() => setTyped(undefined)}
      />
      <span class="figures">{money}</span>
      <button type="button" class="quiet" aria-label={`Take ${title} out`} onClick={() => onSet(0)}>
        ×
      </button>
    </li>
  );
}
