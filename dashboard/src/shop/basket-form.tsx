import { useMemo, useState } from 'preact/hooks';
import { settings } from '../api/settings.ts';
import type { User } from '../api/use-session.ts';
import { CardChoice, usualCard } from '../orders/cards.tsx';
import { formatMoney } from '../orders/money.ts';
import { formatMoment } from '../parts/moment.ts';
import { type Basket, type Line, totalsOf } from './basket.ts';
import { BasketLine } from './basket-line.tsx';
import { useOrdering } from './use-ordering.ts';
import { type Preview, usePreview } from './use-preview.ts';

/** The basket: how many of what, what it costs now in which currency, with which card; and the order. */
export function BasketForm({ basket, user }: Readonly<{ basket: Basket; user: User | undefined }>) {
  const { lines, set, takeOut } = basket;
  const totals = totalsOf(lines);
  const [card, setCard] = useState<string>(usualCard);
  const [chosen, setCurrency] = useState('');
  const currency = chosen || [...totals.keys()][0];
  const wish = useMemo(() => wishOf(lines, currency, card), [lines, currency, card]);
  const { isBusy, failure, place, lostOf } = useOrdering(() => takeOut(lines));
  const lost = lostOf(wish);
  // What was asked for may have been taken already, and be sold out by that very order: only asking again can tell.
  const now = usePreview(user && lines.length > 0 && !lost ? wish : undefined);
  const preview = lost ?? now.preview;
  const order = (event: Event) => {
    event.preventDefault();
    if (preview) place(wish, preview);
  };
  return (
    <section class="basket" aria-labelledby="basket">
      <h2 id="basket">Basket</h2>
      {lines.length === 0 && <p class="empty">Nothing is in it yet.</p>}
      <form onSubmit={order} hidden={lines.length === 0}>
        <ul>
          {lines.map((line) => (
            <BasketLine key={line.id} line={line} preview={preview} onSet={(quantity) => set(line.id, quantity)} />
          ))}
        </ul>
        <BasketTotal totals={totals} preview={preview} />
        <div class="fields">
          <CurrencyChoice currency={currency} own={[...totals.keys()]} onChoose={setCurrency} />
          {settings.isDemo && <CardChoice card={card} onChoose={setCard} />}
          {user ? (
            <button type="submit" class="main" aria-disabled={isBusy || !preview}>
              {isBusy ? 'Placing' : 'Place the order'}
            </button>
          ) : (
            <a href="/#log-in">Log in to order</a>
          )}
          <p role="alert">{failure || now.refusal}</p>
        </div>
      </form>
    </section>
  );
}

/** The total as the API says it, or, until then, what the products cost where they were seen. */
function BasketTotal({
  totals,
  preview,
}: Readonly<{ totals: ReadonlyMap<string, number>; preview: Preview | undefined }>) {
  if (!preview) return <p class="sum">{[...totals].map(([name, total]) => formatMoney(total, name)).join(' and ')}</p>;
  const { total_amount: total, currency, fx_rate: rate, fx_as_of: asOf } = preview;
  const [own = currency] = totals.keys();
  return (
    <p class="sum" role="status" data-total={total}>
      {formatMoney(total, currency)}
      {asOf !== null && (
        <span class="faint">
          {rate === null ? 'converted' : `1 ${own} = ${rate} ${currency}`}, rate of {formatMoment(asOf)}
        </span>
      )}
    </p>
  );
}

// Those of the central bank's daily rates; what a product costs is in these or in its own.
const converted =
  `AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF IDR ILS INR ISK JPY KRW MXN MYR NOK NZD PHP PLN RON SEK SGD THB
  TRY USD ZAR`.split(/\s+/);

type Currencies = Readonly<{ currency: string | undefined; own: readonly string[]; onChoose(name: string): void }>;

function CurrencyChoice({ currency, own, onChoose }: Currencies) {
  return (
    <label>
      Paid in
      <select value={currency} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {[...new Set([...own, ...converted])].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

/** What is asked for; where no card can be chosen, the order waits for its buyer. */
function wishOf(lines: readonly Line[], currency: string | undefined, card: string): object {
  return {
    items: lines.map(({ id, quantity }) => ({ product_id: id, quantity })),
    currency,
    ...(settings.isDemo && { payment_method: card }),
  };
}
