import { useState } from 'preact/hooks';
import { askOnce } from '../api/ask-api.ts';
import { settings } from '../api/settings.ts';
import { useDeed } from '../api/use-deed.ts';
import type { User } from '../api/use-session.ts';
import { go, pathOf } from '../frame/address.ts';
import { CardChoice, usualCard } from '../orders/cards.tsx';
import { formatMoney } from '../orders/money.ts';
import type { Order } from '../orders/use-orders.ts';
import { type Basket, type Line, totalsOf } from './basket.ts';

/** The basket: how many of what, what it costs, with which card; and the order, once however often somebody clicks. */
export function BasketForm({ basket, user }: Readonly<{ basket: Basket; user: User | undefined }>) {
  const { lines, set, empty } = basket;
  const totals = totalsOf(lines);
  const [card, setCard] = useState<string>(usualCard);
  const [chosen, setCurrency] = useState('');
  const { isBusy, failure, run } = useDeed();
  const currency = totals.has(chosen) ? chosen : [...totals.keys()][0];
  const order = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const { answer } = await askOnce<Order>('/orders', wishOf(lines, totals, { currency, card }));
      empty();
      go(pathOf('orders', answer.id));
    });
  };
  return (
    <section class="basket" aria-labelledby="basket">
      <h2 id="basket">Basket</h2>
      {lines.length === 0 && <p class="empty">Nothing is in it yet.</p>}
      <form onSubmit={order} hidden={lines.length === 0}>
        <ul>
          {lines.map((line) => (
            <BasketLine key={line.id} line={line} onSet={(quantity) => set(line.id, quantity)} />
          ))}
        </ul>
        <p class="sum" role="status">
          {[...totals].map(([name, total]) => formatMoney(total, name)).join(' and ')}
        </p>
        <div class="fields">
          {totals.size > 1 && <CurrencyChoice currency={currency} names={[...totals.keys()]} onChoose={setCurrency} />}
          {settings.isDemo && <CardChoice card={card} onChoose={setCard} />}
          {user ? (
            <button type="submit" class="main" aria-disabled={isBusy}>
              {isBusy ? 'Placing' : 'Place the order'}
            </button>
          ) : (
            <a href="/#log-in">Log in to order</a>
          )}
          <p role="alert">{failure}</p>
        </div>
      </form>
    </section>
  );
}

type Currencies = Readonly<{ currency: string | undefined; names: readonly string[]; onChoose(name: string): void }>;

function CurrencyChoice({ currency, names, onChoose }: Currencies) {
  return (
    <label>
      Paid in
      <select value={currency} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

function BasketLine({ line, onSet }: Readonly<{ line: Line; onSet(quantity: number): void }>) {
  const { id, title, price, currency, quantity } = line;
  return (
    <li data-line={id}>
      <span>{title}</span>
      <input
        type="number"
        min="1"
        max="1000"
        required
        aria-label={`Quantity of ${title}`}
        value={quantity}
        onChange={({ currentTarget }) => onSet(Number(currentTarget.value))}
      />
      <span class="figures">
        {formatMoney(totalsOf([{ price, currency, quantity, id, title }]).get(currency) ?? 0, currency)}
      </span>
      <button type="button" class="quiet" aria-label={`Take ${title} out`} onClick={() => onSet(0)}>
        ×
      </button>
    </li>
  );
}

/** What is asked for. The total that was shown goes with it, so that a price that has changed is told and not charged. */
function wishOf(
  lines: readonly Line[],
  totals: ReadonlyMap<string, number>,
  { currency, card }: Readonly<{ currency: string | undefined; card: string }>,
): object {
  const total = totals.size === 1 ? [...totals.values()][0] : undefined;
  return {
    items: lines.map(({ id, quantity }) => ({ product_id: id, quantity })),
    ...(total === undefined ? { currency } : { total_amount: total }),
    ...(settings.isDemo && { payment_method: card }),
  };
}
